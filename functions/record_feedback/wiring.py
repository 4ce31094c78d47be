"""The adapters of record_feedback, built once per cold start."""

from functools import cache

from courtesy.identity.find import find_customers
from courtesy.messages.record import Recording
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.identity_index import DynamoIdentityIndex
from courtesy_aws.secrets import hash_key
from courtesy_aws.vendor import S3MailingShelf
from functions.record_feedback.settings import Settings


@cache
def wire() -> Recording:
    """The adapters, made at the first batch."""
    settings = Settings.load()
    store = DynamoCustomerStore(settings.timeline_table, settings.profiles_table)
    index, key = DynamoIdentityIndex(settings.identities_table), hash_key(settings.hash_key_secret)
    return Recording(
        store=store,
        shelf=S3MailingShelf(settings.lake_bucket),
        hash_key=key,
        clock=now,
        holders_of=lambda number: find_customers(index, store, key, phone=number),
    )
