"""The environment of record_feedback."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What record_feedback reads from its environment."""

    timeline_table: str
    profiles_table: str
    identities_table: str
    lake_bucket: str
    hash_key_secret: str
