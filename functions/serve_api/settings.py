"""The environment of serve_api."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What serve_api reads from its environment."""

    timeline_table: str
    profiles_table: str
    identities_table: str
    rulebooks_table: str
    answers_table: str
    events_queue_url: str
    watched_queue_urls: str
    prefix: str
    lake_bucket: str
    cycle_arn: str
    hash_key_secret: str
    user_pool_client_id: str
    cognito_url: str
