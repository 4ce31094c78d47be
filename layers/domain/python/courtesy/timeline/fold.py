"""The fold: a customer's timeline in, the profile out. Order and duplicates cannot matter.

`fold(id, shuffle(events + some of them again)) == fold(id, events)`: every step below takes the maximum under a total
order or a union, never "the last one seen".
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import msgspec

from courtesy.identity.home import household_of_fields
from courtesy.outcomes import ContactState, Reason
from courtesy.timeline.contacts import settle
from courtesy.timeline.events import (
    Asset,
    Case,
    Contact,
    Event,
    Feedback,
    Interaction,
    Link,
    Look,
    Move,
    Permission,
    Privacy,
    Response,
    SourceRecord,
    Transaction,
)
from courtesy.timeline.profile import (
    AssetView,
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
from courtesy.timeline.versions import standing, without_repeats

REMEMBERED = timedelta(days=800)
"""How long contacts, inbound contacts and responses stay in the profile, before the newest of them; the timeline keeps all."""

_T = TypeVar("_T", PastContact, Inbound, Reply)
_Word = TypeVar("_Word", Permission, Privacy)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def fold(customer_id: str, events: Iterable[Event]) -> Profile:
    """The profile that these events amount to. Pure; the same set gives an equal profile, byte for byte."""
    said: list[Event] = []
    contacts: dict[tuple[str, str, str], Contact] = {}
    feedback: dict[str, list[Feedback]] = {}
    permissions: list[Permission] = []
    places: dict[str, Move] = {}
    privacy: list[Privacy] = []
    for event in events:
        kind = type(event)
        if kind is Contact:
            contacts[event.id, event.trigger, event.occurrence] = event  # type: ignore[union-attr,assignment]
        elif kind is Feedback:
            feedback.setdefault(event.contact, []).append(event)  # type: ignore[union-attr,arg-type]
        elif kind is Permission:
            permissions.append(event)  # type: ignore[arg-type]
        elif kind is Move:
            held = places.get(event.division)  # type: ignore[union-attr]
            if held is None or _move_order(event) > _move_order(held):  # type: ignore[arg-type]
                places[event.division] = event  # type: ignore[union-attr,assignment]
        elif kind is Privacy:
            privacy.append(event)  # type: ignore[arg-type]
        elif kind is not Link and kind is not Look:
            said.append(event)
    versions = standing(said)
    kinds: dict[type, list[Event]] = {}
    subjects = {word.subject for word in (*permissions, *privacy) if word.subject}
    for kind, source, id_ in sorted(versions, key=_by_source):
        event = versions[kind, source, id_]
        if not event.gone:
            kinds.setdefault(kind, []).append(event)
            if kind is SourceRecord:
                subjects.add(f"{source}/{id_}")
            if event.subject:
                subjects.add(event.subject)
    records = cast(list[SourceRecord], kinds.get(SourceRecord, []))
    values = _survivors(records)
    return Profile(
        customer_id=customer_id,
        values=values,
        subjects=sorted(subjects),
        records=len(records),
        ledgers=_ledgers(cast(list[Transaction], kinds.get(Transaction, []))),
        permissions=_standings(without_repeats(permissions), subjects),
        cases=[_case_view(case) for case in cast(list[Case], kinds.get(Case, []))],
        assets=[_asset_view(asset) for asset in cast(list[Asset], kinds.get(Asset, []))],
        contacts=remembered(past_contact(c, feedback.get(c.id, ())) for c in contacts.values()),
        inbound=remembered(
            Inbound(e.when, e.channel, e.division, e.weight, e.topic)
            for e in cast(list[Interaction], kinds.get(Interaction, []))
        ),
        replies=remembered(
            Reply(e.when, e.type, e.contact, e.offer, e.division)
            for e in cast(list[Response], kinds.get(Response, []))
        ),
        places={division: _place(places[division]) for division in sorted(places)},
        closed=_closed(feedback),
        privacy=_privacy(privacy, subjects),
        household=household_of_fields({field: known.value for field, known in values.items()}),
    )


def day_number(instant: datetime) -> int:
    """Days since 1970-01-01 (UTC) of an instant."""
    return instant.astimezone(UTC).toordinal() - _EPOCH


def _by_source(name: tuple[type, str, str]) -> tuple[str, str]:
    return name[1:]


def _move_order(m: Move) -> tuple[datetime, str, str, str, str, str]:
    return (m.when, m.cycle, m.version, m.lifecycle, m.sub_segment, m.value_tier)


def _survivors(records: list[SourceRecord]) -> dict[str, Known]:
    """Per field the value of the highest trust, then event time, then source and record id: a total order."""
    best: dict[str, tuple[tuple[int, datetime, str, str], Known]] = {}
    for record in records:
        when, source, own = record.stated or record.when, record.source, record.field_trust
        for field, value in record.fields.items():
            order = (own.get(field, record.trust), when, source, record.id)
            held = best.get(field)
            if held is None or order > held[0]:
                best[field] = (order, Known(value, source, record.id, when, record.file, record.line))
    return {field: best[field][1] for field in sorted(best)}


def _ledgers(transactions: list[Transaction]) -> dict[str, Ledger]:
    days: dict[str, dict[tuple[int, str], list[int]]] = {}
    service: dict[str, int] = {}
    dealer: dict[str, tuple[datetime, str]] = {}
    for t in transactions:
        day = day_number(t.when)
        net = days.setdefault(t.division, {}).setdefault((day, t.currency), [0, 0])
        net[0] += t.amount
        net[1] += t.type != "return"
        if t.type == "service" and day > service.get(t.division, -1):
            service[t.division] = day
        if t.dealer:
            dealer[t.division] = max(dealer.get(t.division, (t.when, "")), (t.when, t.dealer))
    return {
        division: Ledger(
            occasions=[
                Occasion(day, net[0], net[1], cur) for (day, cur), net in sorted(days[division].items())
            ],
            last_service=service.get(division),
            dealer=dealer[division][1] if division in dealer else "",
        )
        for division in sorted(days)
    }


def _standings(permissions: list[Permission], subjects: set[str]) -> list[Standing]:
    """The latest word of each person record, then the strictest over them: uniting two people never revives a permission."""
    scopes: dict[tuple[str, str, str], list[Permission]] = {}
    for p in permissions:
        scopes.setdefault((p.purpose, p.channel, p.division), []).append(p)
    standings = []
    for scope in sorted(scopes):
        last = _last_words(scopes[scope], subjects, _permission_order)
        p = max(last, key=lambda p: (p.status == "withdrawn", _permission_order(p)))
        standings.append(Standing(*scope, p.status, p.when, p.source, p.proof))
    return standings


def _privacy(words: list[Privacy], subjects: set[str]) -> list[str]:
    """What stands for at least one of the person records: uniting two people lifts nothing."""
    types: dict[str, list[Privacy]] = {}
    for word in words:
        types.setdefault(word.type, []).append(word)
    return sorted(
        type_
        for type_, said in types.items()
        if any(word.status == "on" for word in _last_words(said, subjects, _privacy_order))
    )


def _last_words(words: list[_Word], subjects: set[str], order: Callable[[_Word], Any]) -> Iterable[_Word]:
    """The latest word for each person record.

    One given for the whole customer speaks for the records that it covers and that are here still; where none of them is,
    it speaks for those that are no more, whom nobody else can speak for.
    """
    last: dict[str | tuple[str, ...], _Word] = {}
    for word in words:
        here: Iterable[str | tuple[str, ...]]
        here = (word.subject,) if word.subject else subjects.intersection(word.covers) or (word.covers,)
        for subject in here:
            held = last.get(subject)
            if held is None or order(word) > order(held):
                last[subject] = word
    return last.values()


def _permission_order(p: Permission) -> tuple[datetime, bool, str, str, str, str]:
    return (p.when, p.status == "withdrawn", p.source, p.id, p.version, p.proof)


def _privacy_order(p: Privacy) -> tuple[datetime, bool]:
    return (p.when, p.status == "on")


def _case_view(c: Case) -> CaseView:
    return CaseView(
        c.source, c.id, c.division, c.type, c.status, c.nature, c.severity, c.opened or c.when, c.closed
    )


def _asset_view(a: Asset) -> AssetView:
    return AssetView(a.source, a.id, a.division, a.type, a.model, a.status, a.started, a.ends, a.dealer)


def past_contact(contact: Contact, feedback: Iterable[Feedback] = ()) -> PastContact:
    """A contact as the profile has it, given everything that was reported on it.

    The profile does not tell queued from reserved: in both nothing has left yet, and so release moves contacts to the queue
    without touching profiles.
    """
    state, counts = settle(contact, feedback)
    return PastContact(
        contact.id,
        contact.trigger,
        contact.occurrence,
        contact.category,
        contact.channel,
        contact.division,
        ContactState.RESERVED if state is ContactState.QUEUED else state,
        contact.planned,
        contact.weight,
        counts,
        contact.exempt,
        contact.offer,
        contact.household,
        anew=state is ContactState.CANCELLED and contact.reason == Reason.OPEN_CASE.value,
        code=contact.code,
        code_until=contact.code_until,
    )


def remembered(items: Iterable[_T]) -> list[_T]:
    """Contacts, inbound contacts or responses in the profile's order, without those too old to be kept there."""
    kept = sorted(items, key=lambda item: (item.at, msgspec.structs.astuple(item)))
    return [item for item in kept if item.at >= kept[-1].at - REMEMBERED]


def _place(m: Move) -> Place:
    return Place(m.division, m.lifecycle, m.sub_segment, m.value_tier, m.when, m.scores, m.value, m.rulebook)


def _closed(feedback: dict[str, list[Feedback]]) -> dict[str, list[str]]:
    """Addresses that a permanent bounce, a complaint or returned mail closed on their channel."""
    closed: dict[str, set[str]] = {}
    for reports in feedback.values():
        for report in reports:
            ends = (report.type == "bounce" and report.permanent) or report.type in ("complaint", "returned")
            if ends and report.address:
                closed.setdefault(report.channel, set()).add(report.address)
    return {channel: sorted(closed[channel]) for channel in sorted(closed)}
