"""The last of an erasure: notes, what lies under earlier ids, the timeline, the profile."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from courtesy.decisions.offers import CodeHolder, code_note
from courtesy.errors import Conflict
from courtesy.ports import CustomerStore, Note
from courtesy.timeline.contacts import found
from courtesy.timeline.events import COURTESY, Contact, Feedback, Privacy, event_key
from courtesy.timeline.fold import fold

ROUNDS = 8
_AT_ONCE = 50


def forget_notes(store: CustomerStore, id_: str, ids: Collection[str], contacts: Sequence[Contact]) -> int:
    """Whose a code is names no record any more; households forget the member. Again changes nothing. Raises Conflict."""
    removed, lost = 0, 0
    while stale := _stale(store, id_, ids, contacts):
        profile, version = store.read_profiles([id_])[id_]
        if store.commit(profile, version, beside=stale) == "committed":
            removed += len(stale)
        elif (lost := lost + 1) == ROUNDS:
            raise Conflict(f"the customer's notes were changed by others {ROUNDS} times in a row; try again")
    return removed


def _stale(store: CustomerStore, id_: str, ids: Collection[str], contacts: Sequence[Contact]) -> list[Note]:
    """Notes that still lead to the person, as they shall be."""
    codes = {code_note(c.code) for c in contacts if c.code}
    houses = {f"household/{c.household}" for c in contacts if c.household}
    nobody = msgspec.json.encode(CodeHolder(id_, ""))
    held = store.read_notes(sorted(codes | houses))
    stale = [Note(name, nobody) for name in codes & held.keys() if held[name].document != nobody]
    for name in houses & held.keys():
        members = msgspec.json.decode(held[name].document, type=list[str])
        left = [member for member in members if member not in ids]
        if left != members:
            stale.append(Note(name, msgspec.json.encode(left), held[name].version))
    return sorted(stale, key=lambda note: note.name)[:_AT_ONCE]


def empty_redirects(store: CustomerStore, id_: str, ids: Collection[str]) -> int:
    """Delete what earlier merges may have left under ids that lead to this customer; how many events."""
    removed = 0
    for other, stored in store.read_profiles(sorted(set(ids) - {id_})).items():
        if stored.profile.merged_into == id_:
            left = [event_key(event) for event in store.read_timeline(other)]
            store.delete_events(other, left)
            removed += len(left)
    return removed


def bury(store: CustomerStore, id_: str, requested: datetime) -> tuple[int, int]:
    """Empty the timeline but for the standing; how many events went, and how many printed pieces are still asked back."""
    standing = Privacy(
        source=COURTESY, id="erasure", when=requested, version="on", type="erasure", status="on"
    )
    removed = 0
    for _ in range(ROUNDS):
        version = store.read_profiles([id_])[id_].version
        store.append(id_, [standing])
        events = store.read_timeline(id_)
        open_ = {e.id for e in events if isinstance(e, Contact) and found(e)}
        kept = [
            e
            for e in events
            if event_key(e) == event_key(standing)
            or (isinstance(e, Contact) and e.id in open_)
            or (isinstance(e, Feedback) and e.contact in open_)
        ]
        gone = sorted({event_key(e) for e in events} - {event_key(e) for e in kept})
        store.delete_events(id_, gone)
        removed += len(gone)
        if store.put_profile(fold(id_, kept), version) == "committed" and not gone:
            return removed, len(open_)
    raise Conflict(f"the customer was changed by others {ROUNDS} times in a row; try again")
