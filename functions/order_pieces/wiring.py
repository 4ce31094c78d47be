"""The adapters of order_pieces, built once per cold start; a vendor's key is asked for each time, so that it can be changed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from courtesy.errors import RefusedInput
from courtesy.messages.print_api import ApiVendor, PrintApi
from courtesy.messages.rules import VendorApi
from courtesy.ports import Clock, Lake, Queue, RulebookStore
from courtesy_aws.clock import now
from courtesy_aws.lake import S3Lake
from courtesy_aws.print_api import HttpPrintApi
from courtesy_aws.queues import SqsQueue
from courtesy_aws.secrets import secret_text
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from functions.order_pieces.settings import Settings

TIME_NEEDED_MS = 30_000
"""Less than this left of the invocation and nothing more is handed over: the longest request, and room to note it."""


@dataclass(frozen=True)
class Outside:
    """What the use case asks of the outside. `api_of`: a vendor's API, with its key."""

    rulebooks: RulebookStore
    lake: Lake
    reports: Queue
    api_of: Callable[[VendorApi], PrintApi]
    clock: Clock

    def vendor(self, name: str, remaining_ms: Callable[[], int]) -> ApiVendor:
        """The vendor that a message names. Raises RefusedInput where it has no API by now."""
        vendor = self.rulebooks.current().messages.vendors.get(name)
        if vendor is None or vendor.api is None:
            raise RefusedInput(f"the rulebook has no print vendor {name[:60]!r} of kind `api`")
        return ApiVendor(
            name,
            vendor,
            self.api_of(vendor.api),
            self.lake,
            self.reports,
            self.clock(),
            lambda: remaining_ms() >= TIME_NEEDED_MS,
        )


@cache
def wire() -> Outside:
    """The adapters, made at the first message."""
    settings = Settings.load()
    return Outside(
        rulebooks=DynamoRulebookStore(settings.rulebooks_table),
        lake=S3Lake(settings.lake_bucket),
        reports=SqsQueue(settings.vendor_status_queue_url),
        api_of=lambda api: HttpPrintApi(api.url, secret_text(f"{settings.prefix}-vendor-{api.secret}")),
        clock=now,
    )
