"""The adapters of report_cycle, built once per cold start."""

from dataclasses import dataclass
from functools import cache

from courtesy.ports import Lake, RulebookStore
from courtesy_aws.lake import S3Lake
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from functions.report_cycle.settings import Settings


@dataclass(frozen=True)
class Outside:
    """What the use case asks of the outside."""

    lake: Lake
    rulebooks: RulebookStore


@cache
def wire() -> Outside:
    """The adapters, made at the first call."""
    settings = Settings.load()
    return Outside(lake=S3Lake(settings.lake_bucket), rulebooks=DynamoRulebookStore(settings.rulebooks_table))
