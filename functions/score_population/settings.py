"""The environment of score_population."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What score_population reads from its environment."""

    lake_bucket: str
    rulebooks_table: str
