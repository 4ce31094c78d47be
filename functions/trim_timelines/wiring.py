"""The adapters of trim_timelines, built once per cold start."""

from dataclasses import dataclass
from functools import cache

from courtesy.identity.ports import IndexedRecords
from courtesy.ports import Clock, CustomerStore, Lake, RulebookStore
from courtesy_aws.clock import now
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.identity_index import DynamoIdentityIndex
from courtesy_aws.lake import S3Lake
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from functions.trim_timelines.settings import Settings

THREADS = 8
"""Timelines read at a time."""


@dataclass(frozen=True)
class Outside:
    """What the use case asks of the outside."""

    store: CustomerStore
    index: IndexedRecords
    lake: Lake
    rulebooks: RulebookStore
    clock: Clock


@cache
def wire() -> Outside:
    """The adapters, made at the first call."""
    settings = Settings.load()
    return Outside(
        store=DynamoCustomerStore(settings.timeline_table, settings.profiles_table, threads=THREADS),
        index=DynamoIdentityIndex(settings.identities_table, threads=THREADS),
        lake=S3Lake(settings.lake_bucket),
        rulebooks=DynamoRulebookStore(settings.rulebooks_table),
        clock=now,
    )
