"""The environment of send_text."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What send_text reads from its environment. text_origination: number, pool or sender id; empty: nothing is sent."""

    timeline_table: str
    profiles_table: str
    rulebooks_table: str
    text_configuration_set: str
    text_origination: str
    hash_key_secret: str
