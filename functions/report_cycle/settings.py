"""The environment of report_cycle."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What report_cycle reads from its environment."""

    lake_bucket: str
    rulebooks_table: str
