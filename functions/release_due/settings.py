"""The environment of release_due."""

from courtesy_aws.settings import FunctionSettings


class Settings(FunctionSettings):
    """What release_due reads from its environment."""

    timeline_table: str
    profiles_table: str
    rulebooks_table: str
    email_queue_url: str
    letter_queue_url: str
    postcard_queue_url: str
    sms_queue_url: str
    vendor_queue_url: str
    vendor_api_queue_url: str
