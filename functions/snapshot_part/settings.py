"""The environment of snapshot_part."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What snapshot_part reads from its environment."""

    profiles_table: str
    lake_bucket: str
    rulebooks_table: str
