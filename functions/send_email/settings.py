"""The environment of send_email."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What send_email reads from its environment."""

    timeline_table: str
    profiles_table: str
    rulebooks_table: str
    configuration_set: str
    sender: str
    public_url: str
    hash_key_secret: str
