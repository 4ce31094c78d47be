"""The environment of decide_part."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What decide_part reads from its environment."""

    timeline_table: str
    profiles_table: str
    rulebooks_table: str
    lake_bucket: str
    hash_key_secret: str
