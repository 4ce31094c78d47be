"""The `timeline` table: one item per event, and the sparse index of contacts that are due.

attribute           holds
customer_id         the key
event_key           the sort key
document            the event as JSON
state, claim        of contacts only: what a move of the contact is conditioned on
due_shard, due_at   keys of the index `due`: until the attempt to send is recorded, so that a contact left in the middle is
                    found again; eventually consistent, keys only

Items are made by hand: every reservation makes two, and a model's object costs ten times what its item does.
"""

from datetime import UTC, datetime
from zlib import crc32

from courtesy.outcomes import ContactState
from courtesy.timeline.contacts import found
from courtesy.timeline.events import Contact, Event, Response, encode_event, event_key
from courtesy_aws.tables.requests import Item, check_size

DUE_SHARDS = 8
"""The `due` index is spread over so many partitions per channel, so that no release hour is bound to one."""
REDEMPTIONS = "redeemed"
"""Stands for a channel in the `due` index: redeemed offers that wait for their fulfilment."""


def timeline_item(customer_id: str, event: Event) -> Item:
    """The item of an event. Raises RefusedInput where it does not fit one."""
    item: Item = {
        "customer_id": {"S": customer_id},
        "event_key": {"S": event_key(event)},
        "document": {"B": encode_event(event)},
    }
    if isinstance(event, Contact):
        item["state"] = {"S": event.state.value}
        item["claim"] = {"S": event.claim}
        if found(event):
            item["due_shard"] = {"S": due_shard(event.channel, customer_id)}
            item["due_at"] = {"S": due_at(event.due)}
    elif is_redemption(event):
        item["due_shard"] = {"S": due_shard(REDEMPTIONS, customer_id)}
        item["due_at"] = {"S": due_at(event.when)}
    check_size(item, f"event {event.source}/{event.id}")
    return item


def event_put(table: str, customer_id: str, event: Event) -> Item:
    """The put of a new event; of a contact on condition that there is none."""
    put: Item = {"TableName": table, "Item": timeline_item(customer_id, event)}
    return (
        put | {"ConditionExpression": "attribute_not_exists(event_key)"}
        if isinstance(event, Contact)
        else put
    )


def move_put(table: str, customer_id: str, contact: Contact, state: ContactState, claim: str) -> Item:
    """The put of a contact in place of what was read, on condition that its state and claim still are these."""
    return {
        "TableName": table,
        "Item": timeline_item(customer_id, contact),
        "ConditionExpression": "#state = :state AND claim = :claim",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":state": {"S": state.value}, ":claim": {"S": claim}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


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
