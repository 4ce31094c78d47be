"""The kinds of event on a customer's timeline and their keys.

An event is a fact that does not change. Its key is made of kind, event time, source, the source's own id, the version
(a hash of the content) and when it was stated, so writing it twice writes the same item. `Contact` is the one kind whose item moves through
states; its key is customer + trigger + occurrence, so a second one cannot exist.
"""

from datetime import UTC, datetime
from typing import Literal
from zlib import crc32

import msgspec

from courtesy.outcomes import ContactState

Scalar = str | int | float | bool
"""A field's value after the source contract's conversions: text, integer (money in minor units), number or truth."""

COURTESY = "courtesy"
"""The source name of events that Courtesy itself makes."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every event carries.

    source:  name of the source system, or `courtesy`
    id:      the source's own id of the thing the event is about
    when:    event time (UTC), from the source, never the time of arrival
    version: hash of the content, so that a corrected row is a new item and a repeated one is not
    stated:  when the source said so (a column or the file's date, never the time of arrival); orders the versions of one
             id; None stands for `when`
    gone:    the source no longer knows this id (it disappeared from a full dump); the fold leaves it out
    subject: person record ("source/id") through which the event came to this customer; split follows it
    file, line: where it was read; empty and 0 where it did not come by file
    """

    source: str
    id: str
    when: datetime
    version: str = ""
    stated: datetime | None = None
    gone: bool = False
    subject: str = ""
    file: str = ""
    line: int = 0

    def __post_init__(self) -> None:
        if self.when.tzinfo is None:
            raise ValueError(f"{type(self).__name__}.when has no time zone; instants are UTC")


class SourceRecord(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="record"):
    """What one source says about a person. `fields` uses the canonical names of `intake.fields`.

    trust: 0..1000, this source's standing for all fields; field_trust: where it differs. Highest wins (survivorship).
    """

    fields: dict[str, Scalar]
    trust: int = 500
    field_trust: dict[str, int] = {}


class Transaction(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="transaction"):
    """A purchase, service visit, order or return. `amount` in minor units of `currency`, negative for a return."""

    division: str
    type: Literal["purchase", "service", "order", "return"] = "purchase"
    amount: int = 0
    currency: str = "USD"
    quantity: int = 1
    dealer: str = ""
    asset: str = ""
    item: str = ""
    custom: dict[str, Scalar] = {}


class Interaction(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="interaction"):
    """An inbound or human contact: a call, a visit, a chat. `weight` counts for pressure."""

    division: str
    channel: str
    topic: str = ""
    dealer: str = ""
    weight: float = 0.0


class Case(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="case"):
    """A complaint, dispute or recovery; the latest version of an id says whether it is open."""

    division: str
    type: Literal["complaint", "dispute", "recovery"] = "complaint"
    status: Literal["open", "closed"] = "open"
    nature: str = ""
    severity: int = 1
    opened: datetime | None = None
    closed: datetime | None = None


class Permission(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="permission"):
    """What a customer allowed or withdrew: purpose x channel x division; `*` stands for all.

    subject: the person record whose word it is; empty where it was given for the whole customer, then `covers` names the
    person records that the customer was made of at that time, so that it never speaks for somebody who joined later.
    """

    purpose: str
    channel: str
    division: str
    status: Literal["granted", "withdrawn"]
    proof: str = ""
    covers: tuple[str, ...] = ()


class Asset(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="asset"):
    """A thing that a customer owns or leases; `id` is the VIN or the contract's number."""

    division: str
    type: Literal["vehicle", "lease", "contract"] = "vehicle"
    model: str = ""
    started: datetime | None = None
    ends: datetime | None = None
    dealer: str = ""
    status: Literal["held", "gone"] = "held"
    custom: dict[str, Scalar] = {}


class Response(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="response"):
    """What a customer did about a contact or an offer."""

    division: str = ""
    contact: str = ""
    offer: str = ""
    type: Literal[
        "visited", "clicked", "replied", "shown", "accepted", "declined", "redeemed", "fulfilled", "failed"
    ]
    channel: str = ""


class Contact(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="contact"):
    """A reserved communication. `id` is the contact id; `when` is the instant of reservation.

    planned: when it counts; the claim moves it to the real date (print: the arrival to be expected then); due: when release
    may queue it; expires: after that it is not sent any more; sent: the claim's instant; weight: for pressure;
    cost: minor units; address: keyed hash of the address it goes to; decided: the decision's explanation in JSON;
    claim: fence of the one attempt to send; recall: how far a piece's recall from the print vendor is;
    code, code_until: what the customer shows for the offer, and until when it is good (excluded);
    holds: counters of which this contact holds a unit (stock, budgets), given back with its slot;
    household: keyed hash of the household at reservation;
    found_as: names the part of a cycle, and whom it had found, for whom it was reserved; empty where no cycle did.
    """

    trigger: str
    occurrence: str
    division: str
    category: str
    purpose: str
    channel: str
    planned: datetime
    due: datetime
    expires: datetime
    state: ContactState = ContactState.RESERVED
    exempt: bool = False
    priority: int = 0
    weight: float = 1.0
    cost: int = 0
    dealer: str = ""
    message: str = ""
    offer: str = ""
    address: str = ""
    rulebook: int = 0
    sent: datetime | None = None
    claim: str = ""
    provider_id: str = ""
    mailing: str = ""
    reason: str = ""
    recall: Literal["", "wanted", "asked", "answered", "given_up"] = ""
    code: str = ""
    code_until: datetime | None = None
    holds: tuple[str, ...] = ()
    household: str = ""
    found_as: str = ""
    decided: str = ""


FeedbackType = Literal[
    "send", "delivery", "bounce", "complaint", "reject", "open", "click", "rendering_failure", "delivery_delay",
    "subscription", "acknowledged", "rejected", "mailed", "returned",
]  # fmt: skip


class Feedback(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="feedback"):
    """What SES or a print vendor reported on a contact, at least once and in any order.

    permanent: a bounce that closes the address; machine: an open or click made by a program; address: keyed hash.
    """

    contact: str
    channel: str
    type: FeedbackType
    permanent: bool = False
    machine: bool = False
    address: str = ""
    detail: str = ""
    cost: int = 0


class Move(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="move"):
    """A customer's new place in one division as of `when` (the cycle's date); `source` is `courtesy`, `id` the division."""

    division: str
    lifecycle: str
    sub_segment: str = ""
    value_tier: str = ""
    scores: str = ""
    """R, F and M scores as three digits, empty where there are none."""
    value: int = 0
    """Expected discounted value over the horizon, minor units."""
    cycle: str = ""
    rulebook: int = 0
    data_version: str = ""


class Link(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="link"):
    """Why two person records are, or must not be, the same customer; left < right."""

    left: str
    right: str
    verdict: Literal["same", "possible", "different"]
    weight: float = 0.0
    evidence: str = ""


class Privacy(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="privacy"):
    """A standing of the person: restricted, erased, objection to all marketing, deceased, gone away, and their end.

    subject, covers: as with `Permission`.
    """

    type: Literal["restriction", "objection", "erasure", "deceased", "gone_away"]
    status: Literal["on", "off"] = "on"
    covers: tuple[str, ...] = ()


class Look(_Event, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="look"):
    """Somebody looked at this customer's data: `by` is the caller's pseudonymous id, `what` the view. Not folded."""

    by: str
    what: str


Event = (
    SourceRecord
    | Transaction
    | Interaction
    | Case
    | Permission
    | Asset
    | Response
    | Contact
    | Feedback
    | Move
    | Link
    | Privacy
    | Look
)
"""The closed union of event kinds."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """The event as one JSON document; equal events give equal bytes."""
    return _encoder.encode(event)


def decode_event(document: bytes) -> Event:
    """The event of a document made by `encode_event`. Raises msgspec.ValidationError when it is none."""
    return _decoder.decode(document)


def kind_of(event: Event) -> str:
    """The word that leads the event's key: record, transaction, contact ..."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)  # noqa: S101 - every kind is declared with a text tag above
    return tag


def event_key(event: Event) -> str:
    """The sort key on the timeline: `kind#when#source#id#version`; for a contact `contact#trigger#occurrence`.

    Where the source said it at another time than it happened, `#stated` follows, and where it came by file, a hash of the
    file's name: the same content stated anew is another item, so that no file can put its date or name over another's. `#` and `%` inside ids are percent-encoded, so
    keys of different events never meet.
    """
    if isinstance(event, Contact):
        return contact_key(event.trigger, event.occurrence)
    parts = [kind_of(event), _instant(event.when), _plain(event.source), _plain(event.id), event.version]
    if event.stated is not None and event.stated != event.when:
        parts.append(_instant(event.stated))
    if event.file:
        parts.append(f"{crc32(event.file.encode()):08x}")
    return "#".join(parts)


def contact_key(trigger: str, occurrence: str) -> str:
    """The sort key of the one contact that a customer can have for a trigger's occurrence."""
    return f"contact#{_plain(trigger)}#{_plain(occurrence)}"


def _instant(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def _plain(text: str) -> str:
    return text.replace("%", "%25").replace("#", "%23")
