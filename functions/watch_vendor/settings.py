"""The environment of watch_vendor."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What watch_vendor reads from its environment."""

    rulebooks_table: str
    lake_bucket: str
    vendor_queue_url: str
    vendor_api_queue_url: str
