"""The environment of erase_customers."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What erase_customers reads from its environment."""

    timeline_table: str
    profiles_table: str
    identities_table: str
    rulebooks_table: str
    answers_table: str
    lake_bucket: str
    drops_bucket: str
    hash_key_secret: str
