"""What read_drop needs to know of its surroundings."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """Names of its stores and of the queue it writes to."""

    rulebooks_table: str
    drops_bucket: str
    lake_bucket: str
    chunks_queue_url: str
