"""What the API shows of a customer: the profile with the origin of each value, and a page of the timeline."""

from datetime import datetime
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from courtesy.privacy.visits import with_visits
from courtesy.timeline.events import Event, Scalar, event_key, kind_of
from courtesy.timeline.profile import Profile

ENVELOPE = (
    "kind",
    "source",
    "id",
    "when",
    "version",
    "stated",
    "gone",
    "subject",
    "file",
    "line",
    "claim",
    "address",
    "decided",
)


class ValueView(BaseModel):
    """A field's surviving value and where it came from."""

    value: Scalar
    source: str
    record: str
    when: datetime
    file: str
    line: int


class SegmentView(BaseModel):
    """Where the customer stands in one division, since when and under which rulebook."""

    lifecycle: str
    sub_segment: str
    value_tier: str
    scores: str = Field(description="R, F and M, 1 to 5 each")
    value: int = Field(description="expected discounted value over the horizon, minor units")
    since: datetime
    rulebook: int


class PermissionView(BaseModel):
    """One permission as it stands; `*` stands for all."""

    purpose: str
    channel: str
    division: str
    status: str
    when: datetime
    source: str


class TimelineItem(BaseModel):
    """One event; `facts` are the event's own fields."""

    key: str
    kind: str
    when: datetime
    source: str
    id: str
    file: str
    line: int
    facts: dict[str, Any]


class TimelinePage(BaseModel):
    """Events, newest first. `next` is the cursor of the following page."""

    items: list[TimelineItem]
    next: str | None = None


class CustomerView(BaseModel):
    """One customer: who, from where we know it, which segments, what is allowed, what happened."""

    model_config = ConfigDict(json_schema_extra={"description": "One customer as this caller may see it."})

    customer_id: str
    redirected_from: str | None = Field(
        default=None, description="the id asked for, where it was merged into this one"
    )
    records: list[str] = Field(description='the person records ("source/id") that this customer is made of')
    values: dict[str, ValueView]
    segments: dict[str, SegmentView]
    permissions: list[PermissionView]
    privacy: list[str]
    cases: list[dict[str, Any]]
    assets: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    purchases: dict[str, dict[str, int]] = Field(
        description="per division: purchases, net amount (minor units), last_day"
    )
    timeline: TimelinePage


def customer_view(asked: str, profile: Profile, events: list[Event], cursor: str, limit: int) -> CustomerView:
    """The view of a profile and the page of its timeline that begins after `cursor`."""
    return CustomerView(
        customer_id=profile.customer_id,
        redirected_from=asked if asked != profile.customer_id else None,
        records=profile.subjects,
        values={field: ValueView.model_validate(_fields(known)) for field, known in profile.values.items()},
        segments={d: SegmentView.model_validate(_fields(place)) for d, place in profile.places.items()},
        permissions=[PermissionView.model_validate(_fields(word)) for word in profile.permissions],
        privacy=profile.privacy,
        cases=[_fields(case) for case in profile.cases],
        assets=[_fields(asset) for asset in profile.assets],
        contacts=[_fields(contact) for contact in reversed(profile.contacts)],
        purchases={
            division: {
                "purchases": sum(o.purchases for o in ledger.occasions),
                "amount": sum(o.amount for o in ledger.occasions),
                "last_day": max((o.day for o in ledger.occasions if o.purchases), default=0),
            }
            for division, ledger in profile.ledgers.items()
        },
        timeline=timeline_page(events, cursor, limit),
    )


def timeline_page(events: list[Event], cursor: str, limit: int) -> TimelinePage:
    """Up to `limit` events, newest first, after the one whose place `cursor` names; the looks of one visit are one."""
    ordered = sorted(
        ((_place(event), event) for event in with_visits(events)), key=lambda pair: pair[0], reverse=True
    )
    after = [pair for pair in ordered if not cursor or pair[0] < cursor]
    page = after[:limit]
    return TimelinePage(
        items=[_item(event) for _, event in page],
        next=page[-1][0] if len(after) > limit and page else None,
    )


def _place(event: Event) -> str:
    return f"{event.when.isoformat()}|{event_key(event)}"


def _item(event: Event) -> TimelineItem:
    facts = {name: value for name, value in msgspec.to_builtins(event).items() if name not in ENVELOPE}
    return TimelineItem(
        key=event_key(event), kind=kind_of(event), when=event.when, source=event.source, id=event.id,
        file=event.file, line=event.line, facts=facts,
    )  # fmt: skip


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    """The fields by name; the documents themselves are arrays, for size."""
    return msgspec.structs.asdict(struct)
