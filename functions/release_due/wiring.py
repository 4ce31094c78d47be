"""The adapters of release_due, built once per cold start."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from courtesy.ports import Clock, CustomerStore, Queue, RulebookStore
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.queues import SqsQueue
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from functions.release_due.settings import Settings


@dataclass(frozen=True)
class Outside:
    """What the use case asks of the outside. `queues`: one per channel that is sent by a queue."""

    store: CustomerStore
    queues: Mapping[str, Queue]
    vendor_queue: Queue
    vendor_api_queue: Queue
    rulebooks: RulebookStore
    clock: Clock


@cache
def wire() -> Outside:
    """The adapters, made at the first call."""
    settings = Settings.load()
    return Outside(
        store=DynamoCustomerStore(settings.timeline_table, settings.profiles_table),
        queues={
            "email": SqsQueue(settings.email_queue_url),
            "letter": SqsQueue(settings.letter_queue_url),
            "postcard": SqsQueue(settings.postcard_queue_url),
            "sms": SqsQueue(settings.sms_queue_url),
        },
        vendor_queue=SqsQueue(settings.vendor_queue_url),
        vendor_api_queue=SqsQueue(settings.vendor_api_queue_url),
        rulebooks=DynamoRulebookStore(settings.rulebooks_table),
        clock=now,
    )
