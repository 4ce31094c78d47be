"""The environment of order_pieces."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What order_pieces reads from its environment. prefix: the beginning of the names of the vendors' secrets."""

    prefix: str
    rulebooks_table: str
    lake_bucket: str
    vendor_status_queue_url: str
