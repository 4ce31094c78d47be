"""The adapters of load_chunk, built once per cold start."""

from dataclasses import dataclass
from functools import cache

from courtesy.identity.ports import IdentityIndex
from courtesy.ports import Clock, CustomerStore, Lake, Queue, RulebookStore
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.identity_index import DynamoIdentityIndex
from courtesy_aws.lake import S3Lake
from courtesy_aws.queues import SqsQueue
from courtesy_aws.secrets import hash_key
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from functions.load_chunk.settings import Settings

THREADS = 8
"""Requests to DynamoDB at a time; most of a chunk's time is waiting for them."""


@dataclass(frozen=True)
class Outside:
    """What loading asks of the outside."""

    lake: Lake
    index: IdentityIndex
    store: CustomerStore
    events: Queue
    rulebooks: RulebookStore
    hash_key: bytes
    clock: Clock


@cache
def wire() -> Outside:
    """The adapters, made at the first message."""
    settings = Settings.load()
    return Outside(
        lake=S3Lake(settings.lake_bucket),
        index=DynamoIdentityIndex(settings.identities_table, threads=THREADS),
        store=DynamoCustomerStore(settings.timeline_table, settings.profiles_table, threads=THREADS),
        events=SqsQueue(settings.events_queue_url),
        rulebooks=DynamoRulebookStore(settings.rulebooks_table),
        hash_key=hash_key(settings.hash_key_secret),
        clock=now,
    )
