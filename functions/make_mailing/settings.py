"""The environment of make_mailing."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What make_mailing reads from its environment."""

    timeline_table: str
    profiles_table: str
    rulebooks_table: str
    lake_bucket: str
    vendor_queue_url: str
    vendor_api_queue_url: str
    hash_key_secret: str
