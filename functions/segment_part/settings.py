"""The environment of segment_part."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What segment_part reads from its environment."""

    timeline_table: str
    profiles_table: str
    lake_bucket: str
    rulebooks_table: str
