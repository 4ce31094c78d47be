"""The environment of trim_timelines."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What trim_timelines reads from its environment."""

    timeline_table: str
    profiles_table: str
    identities_table: str
    rulebooks_table: str
    lake_bucket: str
