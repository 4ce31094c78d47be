"""Access: everything that is held on a person, with sources and recipients, as one machine-readable document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from courtesy.decisions.settle import PRINTED
from courtesy.errors import NotFound
from courtesy.identity.corrected import look_ups_of
from courtesy.identity.filing import subjects_in
from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import customer_entry
from courtesy.ports import CustomerStore, Lake
from courtesy.privacy.visits import with_visits
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import COURTESY, Contact, Event, Feedback, Look, kind_of

FORM = "courtesy.access.v1"
"""Names the form of the document; a changed form gets a new name."""

PURPOSES = (
    ("customer service and contracts", "purchases, assets, cases and interactions"),
    ("marketing", "permissions, segments, decisions and contacts; only as far as permission allows"),
    ("legal duties", "permissions with their proof, looks at the data, this document's own record"),
)
"""What the data is for, and which of it."""


@dataclass(frozen=True)
class Accessing:
    """What an access works with.

    decisions: what the decision log knows of the customer; former: ids that lead to the customer since a merge
    """

    store: CustomerStore
    index: IdentityIndex
    lake: Lake
    rulebook: Rulebook
    decisions: Sequence[dict[str, Any]]
    now: datetime
    former: Sequence[str] = ()


def access(customer_id: str, outside: Accessing) -> dict[str, Any]:
    """Everything held on a customer, redirects followed. Raises NotFound.

    `held` has the events by kind, each whole, with source, file and line; `origins` says where each surviving value came from;
    `recipients` who was given what. Names of keys are stable (see `FORM`).
    """
    profile, version = outside.store.read_profile(customer_id)
    if version == 0:
        raise NotFound(f"there is no customer {customer_id}")
    id_ = profile.customer_id
    events = outside.store.read_timeline(id_)
    entry = customer_entry(id_)
    subjects = {*profile.subjects, *subjects_in(outside.index.read_members([entry]).get(entry, ()))}
    records = outside.index.read_records(sorted(subjects))
    held: dict[str, list[Any]] = {}
    for event in events:
        held.setdefault(kind_of(event), []).append(msgspec.to_builtins(event))
    return {
        "form": FORM,
        "customer_id": id_,
        "made": outside.now.isoformat(),
        "values": {name: known.value for name, known in profile.values.items()},
        "origins": {
            name: {
                "source": known.source,
                "record": known.record,
                "since": known.when.isoformat(),
                "file": known.file,
                "line": known.line,
            }
            for name, known in profile.values.items()
        },
        "standings": profile.privacy,
        "segments": {name: msgspec.to_builtins(place) for name, place in profile.places.items()},
        "held": held,
        "identity": [
            {
                "record": subject,
                "compared_as": msgspec.to_builtins(record.traits),
                "joined_because": [msgspec.to_builtins(link) for link in record.links],
            }
            for subject, record in sorted(records.items())
        ],
        "look_ups": [
            {"record": subject, "looked_up_by": sorted(entries)}
            for subject, entries in sorted(look_ups_of(outside.index, subjects).items())
        ],
        "decisions": list(outside.decisions),
        "sources": _sources(events),
        "recipients": _recipients(events, outside.rulebook),
        "purposes": [{"purpose": purpose, "data": data} for purpose, data in PURPOSES],
        "lake": [
            path for each in (id_, *outside.former) for path in outside.lake.list(f"decisions/events/{each}/")
        ],
    }


def _sources(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Who told what: source -> files and how many facts."""
    told: dict[str, tuple[set[str], int]] = {}
    for event in events:
        files, count = told.get(event.source, (set(), 0))
        told[event.source] = (files | ({event.file} if event.file else set()), count + 1)
    return [
        {"source": source, "facts": count, "files": sorted(files)}
        for source, (files, count) in sorted(told.items())
    ]


def _recipients(events: Sequence[Event], rulebook: Rulebook) -> list[dict[str, Any]]:
    """Who was given personal data: providers of channels by what left for them, dealers, and people who looked."""
    given: dict[tuple[str, str], set[str]] = {}
    for event in with_visits(events):
        if isinstance(event, Contact) and event.sent is not None:
            who = _provider(event.channel, rulebook)
            if who is not None:
                given.setdefault(who, set()).add(event.id)
        elif isinstance(event, Look):
            given.setdefault(("staff", "view in the console or by the API"), set()).add(
                f"{event.when.isoformat()} {event.by} {event.what}"
            )
        elif isinstance(event, Feedback) and event.source != COURTESY:
            given.setdefault((event.source, "reports on contacts"), set()).add(event.contact)
    return [
        {"recipient": who, "data": what, "references": sorted(references)}
        for (who, what), references in sorted(given.items())
    ]


def _provider(channel: str, rulebook: Rulebook) -> tuple[str, str] | None:
    """Who is handed a contact of a channel, and what with it; None where our own people say it."""
    if channel in PRINTED:
        return rulebook.messages.printer_of(channel) or "print vendor", "name and postal address"
    return {
        "email": ("e-mail provider", "name and e-mail address"),
        "sms": ("provider of text messages", "phone number and the message's text"),
    }.get(channel)
