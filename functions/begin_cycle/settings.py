"""The environment of begin_cycle."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What begin_cycle reads from its environment."""

    profiles_table: str
    lake_bucket: str
    rulebooks_table: str
