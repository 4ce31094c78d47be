"""The mailings that were made: listed, looked at piece by piece, and called back as long as they can be."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import msgspec

from courtesy.decisions.effects import Step, write_folded
from courtesy.decisions.settle import RECALLABLE, may_be_recalled, stopping
from courtesy.errors import NotFound
from courtesy.messages.mailing import Register, decode_register, folder
from courtesy.ports import CustomerStore, Lake
from courtesy.timeline.events import Contact, Event
from courtesy.timeline.profile import Profile

REGISTER = "register.json"
RECALLED = "recalled by hand"


class MailingState(msgspec.Struct, frozen=True, kw_only=True):
    """How the pieces of a mailing stand: by the state of their contacts, and by how far a recall is ("": none wanted)."""

    register: Register
    acknowledged: bool
    states: dict[str, int]
    recall: dict[str, int]
    recallable_until: datetime


class CalledBack(msgspec.Struct, frozen=True):
    """What a recall came to, pieces each: marked to be asked back, and those for which it is too late."""

    wanted: int
    too_late: int


def list_registers(lake: Lake, vendors: Iterable[str], limit: int, after: str = "") -> list[Register]:
    """Mailings, newest first: up to `limit` of those whose id comes before `after` ("": from the newest on)."""
    known: dict[str, str] = {}
    for vendor in vendors:
        prefix = folder(vendor, "").removesuffix("/")
        for path in lake.list(prefix):
            if path.endswith(f"/{REGISTER}"):
                known[path.removeprefix(prefix).removesuffix(f"/{REGISTER}")] = path
    ids = [mailing_id for mailing_id in sorted(known, reverse=True) if not after or mailing_id < after]
    return [decode_register(lake.get(known[mailing_id])) for mailing_id in ids[:limit]]


def find_register(lake: Lake, vendors: Iterable[str], mailing_id: str) -> Register:
    """The register of a mailing. Raises NotFound."""
    for vendor in vendors:
        path = f"{folder(vendor, mailing_id)}{REGISTER}"
        if path in lake.list(path):
            return decode_register(lake.get(path))
    raise NotFound(f"there is no mailing {mailing_id!r}")


def mailing_state(store: CustomerStore, lake: Lake, register: Register) -> MailingState:
    """How its pieces stand now, each by its customer's profile."""
    stored = store.read_profiles(sorted({piece.customer_id for piece in register.pieces}))
    held = {c.contact: c for each in stored.values() for c in each.profile.contacts}
    states = Counter(held[p.id].state.value if p.id in held else "moved" for p in register.pieces)
    recall: Counter[str] = Counter()
    for piece in register.pieces:
        contact = store.read_contact(piece.customer_id, piece.trigger, piece.occurrence)
        recall[contact.recall if contact is not None else ""] += 1
    acknowledged = f"{folder(register.vendor, register.mailing_id)}acknowledged.json"
    return MailingState(
        register=register,
        acknowledged=acknowledged in lake.list(acknowledged),
        states=dict(sorted(states.items())),
        recall=dict(sorted(recall.items())),
        recallable_until=register.made + RECALLABLE,
    )


def call_back(store: CustomerStore, register: Register, now: datetime, by: str, because: str) -> CalledBack:
    """Mark all pieces of a mailing to be asked back; the next run asks the vendor. Again changes nothing. Raises Conflict.

    Each contact says from then on who asked it back and because of what.
    """
    reason = f"{RECALLED}: {because} ({by})"
    wanted = 0
    for piece in register.pieces:
        wanted += _call_back(store, piece.customer_id, piece.id, reason, now)
    return CalledBack(wanted, len(register.pieces) - wanted)


def _call_back(store: CustomerStore, customer_id: str, contact_id: str, reason: str, now: datetime) -> bool:
    """Whether the piece is, or was already, marked."""
    marked = False

    def make(_: Profile, timeline: list[Event]) -> Step | None:
        nonlocal marked
        held = next((e for e in timeline if isinstance(e, Contact) and e.id == contact_id), None)
        marked = held is not None and held.recall in ("wanted", "asked")
        if held is None or not may_be_recalled(held, timeline, now):
            return None
        marked = True
        return Step(moved=stopping([held], timeline, reason, now))

    write_folded(store, customer_id, make)
    return marked
