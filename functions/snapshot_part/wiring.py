"""The adapters of snapshot_part, built once per cold start."""

from dataclasses import dataclass
from functools import cache

from courtesy.ports import CustomerStore, Lake, RulebookStore
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.lake import S3Lake
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from functions.snapshot_part.settings import Settings


@dataclass(frozen=True)
class Outside:
    """What the use case asks of the outside. The store is only scanned, so it needs no timeline."""

    store: CustomerStore
    lake: Lake
    rulebooks: RulebookStore


@cache
def wire() -> Outside:
    """The adapters, made at the first call."""
    settings = Settings.load()
    return Outside(
        store=DynamoCustomerStore("", settings.profiles_table),
        lake=S3Lake(settings.lake_bucket),
        rulebooks=DynamoRulebookStore(settings.rulebooks_table),
    )
