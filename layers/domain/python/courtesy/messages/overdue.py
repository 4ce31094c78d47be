"""Mailings that the vendor has not acknowledged in time, and announcing them again without a second piece."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from courtesy.errors import NotFound
from courtesy.messages.mailing import announcement, decode_register, folder
from courtesy.messages.rules import MessageRules
from courtesy.ports import Lake, Queue


@dataclass(frozen=True)
class Overdue:
    """A mailing of which the vendor has said nothing for longer than its `acknowledge_hours`."""

    vendor: str
    mailing_id: str
    made: datetime
    pieces: int


def overdue(lake: Lake, rules: MessageRules, now: datetime) -> list[Overdue]:
    """The overdue mailings of all vendors of the rulebook, oldest first. Lists what stands below `mailings/`."""
    found: list[Overdue] = []
    for vendor_name, vendor in rules.vendors.items():
        prefix = folder(vendor_name, "").removesuffix("/")
        stand: dict[str, set[str]] = {}
        for path in lake.list(prefix):
            mailing_id, _, file = path.removeprefix(prefix).partition("/")
            stand.setdefault(mailing_id, set()).add(file)
        for mailing_id, files in stand.items():
            if "acknowledged.json" in files or "register.json" not in files:
                continue
            register = decode_register(lake.get(f"{folder(vendor_name, mailing_id)}register.json"))
            if register.pieces and register.made + timedelta(hours=vendor.acknowledge_hours) < now:
                found.append(Overdue(vendor_name, mailing_id, register.made, len(register.pieces)))
    return sorted(found, key=lambda one: (one.made, one.mailing_id))


def announce_again(lake: Lake, queue: Queue, vendor: str, mailing_id: str) -> None:
    """Send the announcement once more, byte for byte; a vendor that has printed the mailing knows its id. Raises NotFound."""
    try:
        document = lake.get(f"{folder(vendor, mailing_id)}register.json")
    except NotFound:
        raise NotFound(f"vendor {vendor!r} has no mailing {mailing_id!r}") from None
    queue.send([announcement(decode_register(document))])
