"""The `timeline` table: one item per event, and the sparse index of contacts that are due.

Keys, the few attributes that conditions and the index read, and the event as one JSON document.
"""

from datetime import UTC, datetime
from zlib import crc32

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from courtesy.timeline.contacts import found
from courtesy.timeline.events import Contact, Event, Response, encode_event, event_key

DUE_SHARDS = 8
"""The `due` index is spread over so many partitions per channel, so that no release hour is bound to one."""


REDEMPTIONS = "redeemed"
"""Stands for a channel in the `due` index: redeemed offers that wait for their fulfilment."""


class DueIndex(GlobalSecondaryIndex["TimelineItem"]):  # type: ignore[no-untyped-call]
    """Contacts that wait for their release, by channel's shard and due time. Eventually consistent: keys only."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()
        billing_mode = "PAY_PER_REQUEST"

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class TimelineItem(Model):
    """One event of one customer.

    state, claim: of contacts only, what a move of the contact is conditioned on
    due_shard, due_at: until the attempt to send is recorded, so that a contact left in the middle is found again
    """

    class Meta:
        table_name = ""
        billing_mode = "PAY_PER_REQUEST"

    customer_id = UnicodeAttribute(hash_key=True)
    event_key = UnicodeAttribute(range_key=True)
    document = BinaryAttribute(legacy_encoding=False)
    state = UnicodeAttribute(null=True)
    claim = UnicodeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    due = DueIndex()


def timeline_table(name: str) -> type[TimelineItem]:
    """The model bound to a table's name, which is known only where it is deployed."""
    meta = type("Meta", (TimelineItem.Meta,), {"table_name": name})
    return type("TimelineItem", (TimelineItem,), {"Meta": meta})


def timeline_item(table: type[TimelineItem], customer_id: str, event: Event) -> TimelineItem:
    """The item of an event."""
    item = table(customer_id, event_key(event), document=encode_event(event))
    if isinstance(event, Contact):
        item.state = event.state.value
        item.claim = event.claim
        if found(event):
            item.due_shard = due_shard(event.channel, customer_id)
            item.due_at = due_at(event.due)
    elif is_redemption(event):
        item.due_shard = due_shard(REDEMPTIONS, customer_id)
        item.due_at = due_at(event.when)
    return item


def is_redemption(event: Event) -> bool:
    """Whether an event stands in the index until its fulfilment is closed."""
    return isinstance(event, Response) and event.type == "redeemed"


def due_shard(channel: str, customer_id: str) -> str:
    """The index partition in which a customer's open contacts of a channel wait."""
    return f"{channel}#{crc32(customer_id.encode()) % DUE_SHARDS}"


def due_shards(channel: str) -> list[str]:
    """All index partitions of a channel."""
    return [f"{channel}#{shard}" for shard in range(DUE_SHARDS)]


def due_at(instant: datetime) -> str:
    """The instant in a form that sorts as text."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
