"""By what a corrected person is looked up: entries of their own, read where somebody is asked for and never by the matching.

Who is who stays a matter of what the sources say, so a correction leaves the entries of the records, and the customer's id, as they
are. Beside them it files, by the person record,

    right-<entry>          the records of whom a correction says that this value is theirs
    wrong-<entry>          the records of whom a correction says that this value, which they carry, is not theirs
    corrected:<record>     under which of these a record stands, so that all can be shown and taken away

These are notes on where to look, written before the correction itself: what counts is what the timeline says of the correction, so one
that died halfway, or that a merge or a split has on its way, shows nobody in another's place. They name records and not customers,
and so lead to whoever a record belongs to.
"""

from collections.abc import Collection, Iterable, Mapping

from courtesy.identity.block import EXACT
from courtesy.identity.filing import hashed_entries, subjects_in
from courtesy.identity.hashing import keyed_hash
from courtesy.identity.normalise import traits_of
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import IndexedRecord
from courtesy.ports import CustomerStore
from courtesy.timeline.events import COURTESY, Event, SourceRecord
from courtesy.timeline.versions import standing, version_order

FIELDS = ("email", "phone", "loyalty_no")
"""The canonical fields by which somebody may be asked for."""

_PREFIX = "correction/"


def correction_id(field: str, subject: str) -> str:
    """What a correction of a field is called among Courtesy's own records; `subject`: the person record it goes with."""
    return f"{_PREFIX}{field}/{subject}"


def is_correction(event: Event) -> bool:
    """Whether an event is a person's correction of one field."""
    return isinstance(event, SourceRecord) and event.source == COURTESY and event.id.startswith(_PREFIX)


def entry_for(key: bytes, field: str, value: object, region: str) -> str:
    """The entry under which records with this value are filed; empty where the value leads to nobody.

    region: ISO country of phone numbers without prefix
    """
    exact = [
        entry
        for entry in hashed_entries(key, traits_of({field: str(value)}, region))
        if entry.partition(":")[0] in EXACT
    ]
    return exact[0] if exact else ""


def right(entry: str) -> str:
    """The entry of the records of whom a correction says this value."""
    return f"right-{entry}"


def wrong(entry: str) -> str:
    """The entry of the records of whom a correction says that this value is not theirs."""
    return f"wrong-{entry}"


def look_ups_of(index: IdentityIndex, subjects: Iterable[str]) -> dict[str, frozenset[str]]:
    """Under which of these entries records stand; records without a correction are left out."""
    named = {_filed(subject): subject for subject in subjects}
    return {named[entry]: held for entry, held in index.read_members(sorted(named)).items()}


def file_look_ups(index: IdentityIndex, entries: Mapping[str, Collection[str]]) -> None:
    """File records (subject -> entries); filing twice changes nothing. First where they stand, then there, so none is lost."""
    index.add_members({_filed(subject): filed for subject, filed in entries.items() if filed})
    index.add_members(_turned(entries))


def clear_look_ups(index: IdentityIndex, entries: Mapping[str, Collection[str]]) -> None:
    """Take records out of entries (subject -> entries); one that is not there is no error."""
    index.remove_members(_turned(entries))
    index.remove_members({_filed(subject): cleared for subject, cleared in entries.items() if cleared})


def forget_look_ups(index: IdentityIndex, subjects: Collection[str]) -> int:
    """Take records out of all such entries (erasure); how many they stood under. Again changes nothing."""
    held = look_ups_of(index, subjects)
    clear_look_ups(index, held)
    return sum(map(len, held.values()))


def holders(
    index: IdentityIndex, store: CustomerStore, key: bytes, field: str, value: str, region: str
) -> set[str]:
    """The person records whose value of `field` this is, corrections heeded."""
    entry = entry_for(key, field, value, region)
    if not entry:
        return set()
    members = index.read_members([entry, right(entry), wrong(entry)])
    carry, righted, wronged = (
        subjects_in(members.get(each, ())) for each in (entry, right(entry), wrong(entry))
    )
    wronged &= carry | righted
    if not righted and not wronged:
        return carry
    records = index.read_records(sorted(righted | wronged))
    homes = {subject: _homes(record) for subject, record in records.items()}
    timelines = store.read_timelines(sorted({id_ for ids in homes.values() for id_ in ids}))
    found = set(carry)
    gone = set()
    for subject, ids in homes.items():
        said = corrections_in(event for id_ in ids for event in timelines[id_])
        values = [
            entry_for(key, field, event.fields[field], region) for event in said if field in event.fields
        ]
        if subject in righted and entry in values:
            found.add(subject)
        if subject in wronged and values and values[-1] != entry:
            gone.add(subject)
    return found - gone


def corrections_in(events: Iterable[Event]) -> list[SourceRecord]:
    """The corrections that stand, each field of each record as it was put right last; the newest is the last."""
    said = standing(event for event in events if is_correction(event)).values()
    return [event for event in sorted(said, key=version_order) if isinstance(event, SourceRecord)]


def _homes(record: IndexedRecord) -> set[str]:
    """The customers on whose timelines a record's events may stand."""
    return {record.customer_id, *record.leaving} - {""}


def _filed(subject: str) -> str:
    return f"corrected:{keyed_hash(b'', 'corrected', subject)}"


def _turned(entries: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {}
    for subject, filed in entries.items():
        for entry in filed:
            turned.setdefault(entry, set()).add(f"|{subject}")
    return turned
