"""Correction: what the person says of themselves, as a source record that every other source yields to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from courtesy.errors import NotFound, RefusedInput, UnknownName
from courtesy.identity.corrected import (
    FIELDS,
    clear_look_ups,
    correction_id,
    entry_for,
    file_look_ups,
    is_correction,
    look_ups_of,
    right,
    wrong,
)
from courtesy.identity.filing import subjects_in
from courtesy.identity.normalise import canonical
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord, customer_entry
from courtesy.intake.fields import PERSON_FIELDS
from courtesy.ports import CustomerStore
from courtesy.timeline.events import COURTESY, Event, Scalar, SourceRecord, event_key
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold

TOP_TRUST = 1001
"""Above whatever a source contract may give, which ends at 1000."""

_TRUTHS = frozenset({"deceased", "gone_away"})


@dataclass(frozen=True)
class Correcting:
    """What a correction works with. region: ISO country of phone numbers without prefix."""

    store: CustomerStore
    index: IdentityIndex
    hash_key: bytes
    region: str
    now: datetime


def correct(customer_id: str, fields: Mapping[str, Scalar], outside: Correcting) -> Profile:
    """Put right what is held of a person; the profile after it. Again changes nothing; a later correction wins.

    Each field is corrected by itself: a later correction of the city leaves an earlier one of the street. From then on the person is
    looked up by what is right and not by what was wrong; who is who stays a matter of what the sources say, and the customer's id as it
    is. Raises NotFound, RefusedInput, UnknownName, Conflict.
    """
    store = outside.store
    stored = store.read_profile(customer_id)
    if stored.version == 0:
        raise NotFound(f"there is no customer {customer_id}")
    profile = stored.profile
    if not fields:
        raise RefusedInput("a correction names at least one field")
    if "erasure" in profile.privacy:
        raise RefusedInput("this customer was erased; there is nothing to correct")
    for name in fields:
        if name not in PERSON_FIELDS:
            raise UnknownName("field of a person", name, PERSON_FIELDS)
        if (name in _TRUTHS) != isinstance(fields[name], bool):
            raise RefusedInput(f"{name}: give {'true or false' if name in _TRUTHS else 'a text'}")
    corrected = canonical(dict(fields), outside.region)
    own = _records_of(profile, outside.index)
    known = outside.index.read_records(sorted(own))
    subject = min(known or own, default="")
    records = [
        SourceRecord(
            source=COURTESY, id=correction_id(name, subject), when=outside.now, subject=subject, fields={name: value}, trust=TOP_TRUST,
        )
        for name, value in sorted(corrected.items())
    ]  # fmt: skip
    timeline = store.read_timeline(profile.customer_id)
    held = {event_key(event) for event in timeline}
    fresh = [record for record in records if event_key(record) not in held]
    if fresh:
        _file(fresh, profile, known, outside)
        store.append(profile.customer_id, fresh)
        _clear(fresh, timeline, outside)
    return refold(store, profile.customer_id)


def _records_of(profile: Profile, index: IdentityIndex) -> set[str]:
    """The person records of a customer; where the profile names none, those that the index has filed."""
    own = {subject for subject in profile.subjects if not subject.startswith(f"{COURTESY}/")}
    entry = customer_entry(profile.customer_id)
    return own or subjects_in(index.read_members([entry]).get(entry, ()))


def _file(
    fresh: Sequence[SourceRecord], profile: Profile, known: Mapping[str, IndexedRecord], outside: Correcting
) -> None:
    """File what is right, and for each record that carries it what was wrong, before the correction stands."""
    filed: dict[str, set[str]] = {}
    stand = look_ups_of(outside.index, known)
    for correction in fresh:
        for field in correction.fields.keys() & FIELDS:
            new = _entry(field, correction.fields[field], outside)
            old = _entry(field, profile.text(field), outside)
            if new and correction.subject:
                filed.setdefault(correction.subject, set()).add(right(new))
            for subject, record in known.items() if old and old != new else ():
                if old in record.entries or right(old) in stand.get(subject, ()):
                    filed.setdefault(subject, set()).add(wrong(old))
    file_look_ups(outside.index, filed)


def _clear(fresh: Sequence[SourceRecord], before: Sequence[Event], outside: Correcting) -> None:
    """Take away where the same record was filed for what an earlier correction of the same field said."""
    cleared: dict[str, set[str]] = {}
    for correction in fresh:
        for field in correction.fields.keys() & FIELDS:
            new = _entry(field, correction.fields[field], outside)
            for event in before:
                if is_correction(event) and event.id == correction.id and isinstance(event, SourceRecord):
                    old = _entry(field, event.fields.get(field, ""), outside)
                    if old and old != new:
                        cleared.setdefault(correction.subject, set()).add(right(old))
    clear_look_ups(outside.index, cleared)


def _entry(field: str, value: Scalar, outside: Correcting) -> str:
    return entry_for(outside.hash_key, field, value, outside.region)
