"""Customers, policies and triggers to decide about, each with sensible defaults."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from courtesy.decisions.rules import DecisionRules
from courtesy.outcomes import ContactState
from courtesy.rulebook.model import Division, Rulebook
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.events import SourceRecord
from courtesy.timeline.profile import Known, PastContact, Profile

KEY = b"a key of sixteen bytes or more"
NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
SILENCE_IS_YES = [{"rule": "opt_out"}]


def at(text: str) -> datetime:
    """An instant in UTC from `2026-03-01 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def trigger(id_: str = "offer", **fields: Any) -> Trigger:
    """A trigger of division cars by e-mail."""
    return Trigger(
        **{"id": id_, "division": "cars", "category": "marketing", "channels": ["email"], **fields}
    )


def rulebook(*triggers: Trigger, version: int = 7, **rules: Any) -> Rulebook:
    """A rulebook with these triggers (or `offer`) in which silence is a yes unless the rules say otherwise."""
    return Rulebook(
        version=version,
        divisions={"cars": Division(name="cars", label="Cars")},
        triggers={t.id: t for t in (triggers or (trigger(),))},
        decisions=DecisionRules(**{"permission_defaults": SILENCE_IS_YES, **rules}),
    )


def customer(values: Mapping[str, Any] | None = None, **fields: Any) -> Profile:
    """A customer in New York with an e-mail and a postal address."""
    known = {
        "email": "ann@example.com",
        "address1": "1 Elm St",
        "city": "Albany",
        "postcode": "12201",
        "state": "NY",
        "country": "US",
        **(values or {}),
    }
    return Profile(
        customer_id=fields.pop("customer_id", "c1"),
        values={k: Known(v, "crm", "1", NOW) for k, v in known.items() if v is not None},
        **fields,
    )


def past(when: datetime, trigger_: str = "other", **fields: Any) -> PastContact:
    """A contact that went out."""
    named: dict[str, Any] = {
        "contact": f"k{when.timestamp():.6f}{trigger_}",
        "trigger": trigger_,
        "occurrence": when.isoformat(),
        "category": "marketing",
        "channel": "email",
        "division": "cars",
        "state": ContactState.SENT,
        "at": when,
        "weight": 1.0,
        "counts": True,
        **fields,
    }
    return PastContact(**named)


def person_record(customer_id: str = "1", when: datetime = NOW, **values: Any) -> SourceRecord:
    """A source record of somebody in New York with an e-mail and a postal address."""
    fields = {
        "email": "ann@example.com",
        "address1": "1 Elm St",
        "city": "Albany",
        "postcode": "12201",
        "state": "NY",
        "country": "US",
        **values,
    }
    return SourceRecord(source="crm", id=customer_id, when=when, fields=fields)


def contacts(moments: Sequence[datetime], **fields: Any) -> list[PastContact]:
    """Past contacts at these moments, sorted."""
    return [past(moment, f"t{n}", **fields) for n, moment in enumerate(sorted(moments))]
