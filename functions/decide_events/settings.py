"""The environment of decide_events."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What decide_events reads from its environment."""

    timeline_table: str
    profiles_table: str
    identities_table: str
    rulebooks_table: str
    lake_bucket: str
    hash_key_secret: str
