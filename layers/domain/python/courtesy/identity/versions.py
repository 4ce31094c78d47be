"""What identity has to know of events, and that of all versions of a person record the latest counts, in whatever order they come."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC

from courtesy.identity.normalise import traits_of
from courtesy.identity.record import IndexedRecord
from courtesy.identity.resolve import Incoming
from courtesy.ports import CustomerStore
from courtesy.timeline.events import Event, SourceRecord

FIRST_PLACED = 2
"""The revision of a record that was registered and placed; a version that changed its traits comes after."""


def incoming_of(events: Iterable[Event], region: str) -> list[Incoming]:
    """What identity has to know of events: the person records, and whom the other events refer to."""
    incoming = []
    for event in events:
        own = subject_of(event)
        if isinstance(event, SourceRecord):
            told = (event.subject,) if event.subject and event.subject != own else ()
            traits = None if event.gone else traits_of(event.fields, region)
            incoming.append(Incoming(own, traits, _order(event), told))
        else:
            incoming.append(Incoming(own))
    return incoming


def subject_of(event: Event) -> str:
    """The person record through which an event comes: a record's own name, else the one it refers to."""
    return f"{event.source}/{event.id}" if isinstance(event, SourceRecord) else event.subject


def unseen(incoming: Iterable[Incoming], placed: Mapping[str, IndexedRecord]) -> list[Incoming]:
    """Versions that the index does not show though it shows an older one.

    A version that changes no traits is not written to the index, so one that is older yet, and differs, may get there
    while this chunk is loaded; whoever writes the older one looks at the timelines afterwards, see `overtaken`.
    """
    return [
        new
        for new in incoming
        if new.traits is not None
        and (held := placed.get(new.subject)) is not None
        and held.order < new.order
        and held.traits != new.traits
    ]


def overtaken(
    incoming: Iterable[Incoming],
    placed: Mapping[str, IndexedRecord],
    seen: Mapping[str, Sequence[Event]],
    store: CustomerStore,
    region: str,
) -> list[Incoming]:
    """The newest versions of records whose traits this chunk has changed though a newer version is on the timeline.

    seen: timelines that were read after the index was written; the others are read here
    """
    mine = {
        new.subject: held
        for new in incoming
        if (held := placed.get(new.subject)) is not None
        and held.order == new.order
        and held.revision > FIRST_PLACED
    }
    homes = {held.customer_id for held in mine.values()}
    timelines = dict(seen) | store.read_timelines(sorted(homes - set(seen)))
    newest: dict[str, Incoming] = {}
    for customer_id in homes:
        events = timelines[customer_id]
        records = [e for e in events if isinstance(e, SourceRecord) and subject_of(e) in mine]
        for version in incoming_of(records, region):
            best = newest.get(version.subject)
            if best is None or version.order > best.order:
                newest[version.subject] = version
    late = []
    for subject in sorted(mine.keys() & newest.keys()):
        latest, held = newest[subject], mine[subject]
        if latest.order > held.order and latest.traits not in (None, held.traits):
            late.append(latest)
    return late


def _order(event: SourceRecord) -> tuple[str, str, str]:
    """The order in which the fold takes the versions of a record, as text."""
    stated = (event.stated or event.when).astimezone(UTC)
    when = event.when.astimezone(UTC)
    said = f"{event.file} {event.line:09} {event.version}"
    return stated.strftime("%Y%m%dT%H%M%S.%f"), when.strftime("%Y%m%dT%H%M%S.%f"), said
