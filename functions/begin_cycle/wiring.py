"""The adapters of begin_cycle, built once per cold start."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from courtesy.ports import Clock, Lake, RulebookStore
from courtesy_aws.clock import now
from courtesy_aws.lake import S3Lake
from courtesy_aws.session import client
from courtesy_aws.tables.rulebooks import AT_ONCE, DynamoRulebookStore
from functions.begin_cycle.settings import Settings


@dataclass(frozen=True)
class Outside:
    """What the use case asks of the outside. `customers`: about how many there are; DynamoDB counts every six hours."""

    lake: Lake
    rulebooks: RulebookStore
    customers: Callable[[], int]
    clock: Clock


@cache
def wire() -> Outside:
    """The adapters, made at the first call."""
    settings = Settings.load()
    return Outside(
        lake=S3Lake(settings.lake_bucket),
        rulebooks=DynamoRulebookStore(settings.rulebooks_table, look_again=AT_ONCE),
        customers=lambda: (
            client("dynamodb").describe_table(TableName=settings.profiles_table)["Table"].get("ItemCount", 0)
        ),
        clock=now,
    )
