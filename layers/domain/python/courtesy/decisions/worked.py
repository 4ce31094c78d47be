"""What a worked case says, read into a rulebook, a profile, candidates and contacts; see `conformance` for its words."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from courtesy.decisions.candidates import contact_id, occurrence_of
from courtesy.decisions.decision import Candidate
from courtesy.decisions.policy import Policy
from courtesy.errors import RefusedInput, UnknownName
from courtesy.outcomes import ContactState
from courtesy.rulebook.offer import Offer
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.contacts import settle
from courtesy.timeline.events import COURTESY, Contact, Feedback
from courtesy.timeline.fold import day_number
from courtesy.timeline.profile import (
    CaseView,
    Inbound,
    Known,
    Ledger,
    Occasion,
    PastContact,
    Place,
    Profile,
    Reply,
    Standing,
)

Mapped = Mapping[str, Any]

PROFILE = (
    "customer_id", "values", "privacy", "permissions", "cases", "contacts", "purchases", "inbound", "value_tiers", "replies",
    "merging", "merged_into",
)  # fmt: skip
CONTACT = (
    "at", "trigger", "occurrence", "category", "channel", "division", "state", "weight", "counts", "exempt", "offer", "code",
    "code_until", "reports",
)  # fmt: skip
WAITING = ("planned", "due", "expires", "channel", "state", "occurrence", "offer", "weight")
REPORTS = {
    "soft_bounce": ("bounce", False),
    "hard_bounce": ("bounce", True),
    "vendor_rejection": ("rejected", True),
}
"""Words for reports that the feedback tells in two; all others stand for themselves."""


def known(what: str, given: Any, names: Iterable[str]) -> Mapped:
    """A mapping whose keys are all known. Raises RefusedInput where it is none, UnknownName with the nearest name."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise RefusedInput(f"{what}: expected a mapping, found {type(given).__name__}")
    for name in given:
        if name not in names:
            raise UnknownName(f"word in {what}", str(name), names)
    return given


def listed(what: str, given: Any) -> list[Any]:
    """A list, empty where nothing is given. Raises RefusedInput."""
    if given is None:
        return []
    if not isinstance(given, list):
        raise RefusedInput(f"{what}: expected a list, found {type(given).__name__}")
    return given


def read_triggers(given: Mapped) -> dict[str, Trigger]:
    """Triggers by id; a division, category and channel are given."""
    usual = {"division": "cars", "category": "marketing", "channels": ["email"]}
    return {id_: Trigger(**{"id": id_, **usual, **(fields or {})}) for id_, fields in given.items()}


def read_offers(given: Mapped) -> dict[str, Offer]:
    """Offers by id; a label and a code are given."""
    return {
        id_: Offer(**{"id": id_, "label": {"en": id_}, "code": id_.upper(), **(fields or {})})
        for id_, fields in given.items()
    }


CANDIDATE = ("trigger", "occurrence", "expires", "not_before", "unknown")


def read_candidate(one: str | Mapped, triggers: Mapping[str, Trigger], now: datetime) -> Candidate:
    """A candidate of a trigger. Raises UnknownName."""
    fields: Mapped = {"trigger": one} if isinstance(one, str) else known("candidates", one, CANDIDATE)
    name = str(fields.get("trigger", ""))
    if name not in triggers:
        raise UnknownName("trigger", name, triggers)
    trigger = triggers[name]
    return Candidate(
        trigger.id,
        str(fields.get("occurrence", occurrence_of(trigger, now.date()))),
        read_instant(fields["expires"])
        if "expires" in fields
        else now + timedelta(days=trigger.useful_for_days),
        read_instant(fields["not_before"]) if "not_before" in fields else None,
        str(fields.get("unknown", "")),
    )


def read_profile(given: Mapped, now: datetime) -> Profile:
    """The customer. Raises RefusedInput."""
    given = known("profile", given, PROFILE)
    values = {k: v for k, v in (given.get("values") or {}).items() if v is not None}
    purchases: dict[str, list[Occasion]] = {}
    for division, days in (given.get("purchases") or {}).items():
        purchases[division] = [Occasion(day_number(read_instant(d)), 1000, 1, "USD") for d in days]
    return Profile(
        customer_id=str(given.get("customer_id", "c1")),
        values={field: Known(_scalar(value), "cases", "1", now) for field, value in values.items()},
        privacy=list(given.get("privacy") or []),
        permissions=[_standing(p, now) for p in given.get("permissions") or []],
        cases=[_case(n, c, now) for n, c in enumerate(given.get("cases") or [])],
        contacts=[read_contact(n, c) for n, c in enumerate(listed("contacts", given.get("contacts")))],
        inbound=[
            Inbound(
                read_instant(i["at"]),
                i.get("channel", "phone"),
                i.get("division", "cars"),
                float(i.get("weight", 1)),
            )
            for i in given.get("inbound") or []
        ],
        ledgers={division: Ledger(occasions=days) for division, days in purchases.items()},
        places={
            d: Place(d, "returning", "", tier, now) for d, tier in (given.get("value_tiers") or {}).items()
        },
        replies=[
            Reply(read_instant(r["at"]), str(r["type"]), str(r.get("contact", "")), str(r.get("offer", "")))
            for r in given.get("replies") or []
        ],
        merging=bool(given.get("merging", False)),
        merged_into=str(given.get("merged_into", "")),
    )


def _standing(words: str, now: datetime) -> Standing:
    try:
        purpose, channel, division, status = words.split()
    except (AttributeError, ValueError):
        raise RefusedInput(
            f"permissions: {words!r} is no `purpose channel division granted|withdrawn`"
        ) from None
    if status not in ("granted", "withdrawn"):
        raise UnknownName("standing of a permission", status, ("granted", "withdrawn"))
    return Standing(purpose, channel, division, status, now, "cases")


def _case(n: int, words: str, now: datetime) -> CaseView:
    try:
        division, type_, status = words.split()
    except (AttributeError, ValueError):
        raise RefusedInput(f"cases: {words!r} is no `division type open|closed`") from None
    if status not in ("open", "closed"):
        raise UnknownName("status of a case", status, ("open", "closed"))
    return CaseView("cases", str(n), division, type_, status, "", 1, now)


def read_contact(n: int, given: str | Mapped, prefix: str = "k") -> PastContact:
    """A contact of before. Where `reports` are given, they and its `state` tell whether it counts."""
    fields: Mapped = (
        {"at": given} if isinstance(given, str | datetime | date) else known("contacts", given, CONTACT)
    )
    if "at" not in fields:
        raise RefusedInput("contacts: each needs `at`, the instant at which it counts")
    at, channel = read_instant(fields["at"]), str(fields.get("channel", "email"))
    state, counts = ContactState(fields.get("state", "sent")), bool(fields.get("counts", True))
    if "reports" in fields:
        item = Contact(
            source=COURTESY, id=f"{prefix}{n}", when=at, trigger="", occurrence="", division="", category="", purpose="",
            channel=channel, planned=at, due=at, expires=at, state=state,
        )  # fmt: skip
        state, counts = settle(item, [_report(word, at, channel) for word in fields["reports"]])
    return PastContact(
        contact=f"{prefix}{n}",
        trigger=str(fields.get("trigger", f"earlier{n}")),
        occurrence=str(fields.get("occurrence", n)),
        category=str(fields.get("category", "marketing")),
        channel=channel,
        division=str(fields.get("division", "cars")),
        state=state,
        at=at,
        weight=float(fields.get("weight", 1)),
        counts=counts,
        exempt=bool(fields.get("exempt", False)),
        offer=str(fields.get("offer", "")),
        code=str(fields.get("code", "")),
        code_until=read_instant(fields["code_until"]) if "code_until" in fields else None,
    )


def _report(word: str, at: datetime, channel: str) -> Feedback:
    type_, permanent = REPORTS.get(word, (word, False))
    found: Any = type_
    return Feedback(
        source="cases", id=word, when=at, contact="", channel=channel, type=found, permanent=permanent
    )


def read_waiting(trigger: str, given: Mapped, customer_id: str, policy: Policy, now: datetime) -> Contact:
    """A contact that was reserved earlier and is claimed now. Raises UnknownName."""
    fields, plan = known("waiting", given, WAITING), policy.plan(trigger)
    rules, occurrence = plan.trigger, str(fields.get("occurrence", "earlier"))
    due = read_instant(fields.get("due", now))
    return Contact(
        source=COURTESY, id=contact_id(customer_id, trigger, occurrence), when=due - timedelta(days=1), trigger=trigger,
        occurrence=occurrence, division=rules.division, category=rules.category, purpose=rules.purpose,
        channel=str(fields.get("channel", rules.channels[0])), planned=read_instant(fields.get("planned", due)), due=due,
        expires=read_instant(fields["expires"]) if "expires" in fields else now + timedelta(days=rules.useful_for_days),
        state=ContactState(fields.get("state", "queued")), exempt=plan.exempt, priority=rules.priority,
        weight=float(fields.get("weight", rules.weight)), offer=str(fields.get("offer", rules.offer)),
    )  # fmt: skip


def _scalar(value: object) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else str(value)


def read_instant(value: object) -> datetime:
    """An instant of ISO text (with an offset, else UTC); YAML may have read it already."""
    if value is None:
        raise RefusedInput(
            "an instant is missing: give `now` in the file or the case, as 2026-03-10T12:00:00Z"
        )
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - made aware below
    else:
        found = datetime.fromisoformat(str(value))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
