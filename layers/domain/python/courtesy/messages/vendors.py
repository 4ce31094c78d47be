"""Which way a message to a print vendor goes: to the queue that vendors read, or to our own, whose function asks their API."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from courtesy.messages.mailing import decode_register, folder, look
from courtesy.messages.rules import MessageRules
from courtesy.ports import Lake, Queue


class _Addressed(msgspec.Struct):
    vendor: str = ""


class VendorRoads:
    """`ports.Queue` for all vendors of a rulebook: each message goes the way of the vendor it names.

    queue: what vendors take from themselves; api_queue: what `order_pieces` hands over to vendors with an API
    """

    def __init__(self, queue: Queue, api_queue: Queue, rules: MessageRules) -> None:
        self._queue, self._api_queue = queue, api_queue
        self._by_api = frozenset(name for name, vendor in rules.vendors.items() if vendor.kind == "api")

    def send(self, bodies: Sequence[bytes], delay: int = 0) -> None:
        """See `ports.Queue`."""
        by_api = [body for body in bodies if self._goes_by_api(body)]
        others = [body for body in bodies if body not in by_api]
        for queue, ours in ((self._api_queue, by_api), (self._queue, others)):
            if ours:
                queue.send(ours, delay)

    def _goes_by_api(self, body: bytes) -> bool:
        return msgspec.json.decode(body, type=_Addressed).vendor in self._by_api


def looks(lake: Lake, rules: MessageRules, now: datetime) -> list[bytes]:
    """Messages that have vendors with an API asked about mailings that were handed over and of which more may be heard."""
    wanted: list[bytes] = []
    for name, vendor in rules.vendors.items():
        if vendor.api is None:
            continue
        first = folder(name, "").removesuffix("/")
        stand: dict[str, set[str]] = {}
        for days in range(vendor.api.watch_days + 1):  # a mailing's id begins with its day
            for path in lake.list(f"{first}{now - timedelta(days=days):%Y%m%d}-"):
                mailing_id, _, file = path.removeprefix(first).partition("/")
                stand.setdefault(mailing_id, set()).add(file)
        for mailing_id, files in sorted(stand.items()):
            if {"handed/begun", "register.json"} <= files and "handed/settled" not in files:
                register = decode_register(lake.get(f"{first}{mailing_id}/register.json"))
                wanted.append(look(name, register.channel, mailing_id))
    return wanted
