"""The adapters of watch_vendor, built once per cold start."""

from dataclasses import dataclass
from functools import cache

from courtesy.ports import Clock, Lake, Queue, RulebookStore
from courtesy_aws.clock import now
from courtesy_aws.lake import S3Lake
from courtesy_aws.queues import SqsQueue
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from functions.watch_vendor.settings import Settings


@dataclass(frozen=True)
class Outside:
    """What the use case asks of the outside."""

    lake: Lake
    vendor_queue: Queue
    vendor_api_queue: Queue
    rulebooks: RulebookStore
    clock: Clock


@cache
def wire() -> Outside:
    """The adapters, made at the first call."""
    settings = Settings.load()
    return Outside(
        lake=S3Lake(settings.lake_bucket),
        vendor_queue=SqsQueue(settings.vendor_queue_url),
        vendor_api_queue=SqsQueue(settings.vendor_api_queue_url),
        rulebooks=DynamoRulebookStore(settings.rulebooks_table),
        clock=now,
    )
