"""The environment of load_chunk."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What load_chunk reads from its environment."""

    timeline_table: str
    profiles_table: str
    identities_table: str
    rulebooks_table: str
    lake_bucket: str
    events_queue_url: str
    hash_key_secret: str
