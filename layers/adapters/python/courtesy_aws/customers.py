"""`ports.CustomerStore` on the tables `timeline` and `profiles`.

Every request goes through the process's one DynamoDB client. An answer that got lost:
botocore repeats the request, a transaction with the same ClientRequestToken, so DynamoDB answers "done" instead of doing
it twice. A single put has no token; when it was repeated and its condition failed, the item that stands there tells whether
it is ours. When no attempt was answered, the profile's `stamp` is read once: ours means committed, anything else raises
OutsideFailed, and the caller reads and decides again.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from courtesy.errors import OutsideFailed, RefusedInput
from courtesy.outcomes import Commit, ContactState
from courtesy.ports import Beside, Note, StoredProfile, Take
from courtesy.timeline.contacts import found
from courtesy.timeline.events import (
    Contact,
    Event,
    Response,
    contact_key,
    decode_event,
    encode_event,
    event_key,
)
from courtesy.timeline.profile import Profile, decode_profile
from courtesy_aws.session import client
from courtesy_aws.tables.beside import COUNTER, NOTE, beside_item
from courtesy_aws.tables.profiles import profile_put, unpack
from courtesy_aws.tables.requests import (
    TRANSACTION,
    Item,
    Pause,
    asking,
    at_once,
    code,
    pages,
    read_batches,
    was_repeated,
    write_batches,
)
from courtesy_aws.tables.timeline import (
    REDEMPTIONS,
    due_at,
    due_shards,
    event_put,
    move_put,
    timeline_item,
)

HOPS = 8
"""So many redirects are followed; merges keep chains at one, so more means that something is wrong."""


class DynamoCustomerStore:
    """The timeline and profiles of all customers in DynamoDB. Safe to share between threads.

    threads: requests under way at a time where many do not depend on each other; botocore keeps ten connections
    """

    def __init__(
        self,
        timeline_name: str,
        profiles_name: str,
        *,
        pause: Pause = time.sleep,
        token: Callable[[], str] = lambda: uuid4().hex,
        threads: int = 1,
    ) -> None:
        self._timeline_name, self._profiles_name = timeline_name, profiles_name
        self._dynamo = client("dynamodb")
        self._pause, self._token, self._threads = pause, token, threads

    def __repr__(self) -> str:
        return f"DynamoCustomerStore({self._timeline_name!r}, {self._profiles_name!r})"

    def read_timeline(self, customer_id: str) -> list[Event]:
        """See `ports.CustomerStore`. One read unit per 4 KB of events."""
        request = {
            "TableName": self._timeline_name,
            "KeyConditionExpression": "customer_id = :id",
            "ExpressionAttributeValues": {":id": {"S": customer_id}},
            "ProjectionExpression": "document",
            "ConsistentRead": True,
        }
        found = pages(self._dynamo.query, f"reading from {self._timeline_name}", request)
        return [decode_event(item["document"]["B"]) for item in found]

    def read_timelines(self, customer_ids: Iterable[str]) -> dict[str, list[Event]]:
        """See `ports.CustomerStore`. One query each."""
        asked = list(dict.fromkeys(customer_ids))
        return dict(zip(asked, at_once(self.read_timeline, asked, self._threads), strict=True))

    def read_profile(self, customer_id: str) -> StoredProfile:
        """See `ports.CustomerStore`. Raises OutsideFailed where redirects lead in a circle."""
        asked = customer_id
        for _ in range(HOPS + 1):
            with asking(f"reading from {self._profiles_name}"):
                item = self._dynamo.get_item(
                    TableName=self._profiles_name, Key={"customer_id": {"S": asked}}, ConsistentRead=True
                ).get("Item")
            if item is None:
                return StoredProfile(Profile(customer_id=asked), 0)
            if "merged_into" not in item:
                return _stored(item)
            asked = item["merged_into"]["S"]
        raise OutsideFailed(f"customer {customer_id} redirects more than {HOPS} times; verify its merges")

    def read_profiles(self, customer_ids: Iterable[str]) -> dict[str, StoredProfile]:
        """See `ports.CustomerStore`."""
        keys = [{"customer_id": {"S": id_}} for id_ in dict.fromkeys(customer_ids)]
        found = read_batches(
            self._dynamo, self._profiles_name, keys, "customer_id version document", self._pause
        )
        return {item["customer_id"]["S"]: _stored(item) for item in found}

    def append(self, customer_id: str, events: Sequence[Event]) -> None:
        """See `ports.CustomerStore`. One write unit per KB of an event."""
        self.append_many({customer_id: events})

    def append_many(self, events: Mapping[str, Sequence[Event]]) -> None:
        """See `ports.CustomerStore`. 25 events to a request, whosever they are."""
        puts: dict[tuple[str, str], Item] = {}
        for customer_id, arriving in events.items():
            for event in arriving:
                if isinstance(event, Contact):
                    raise RefusedInput(
                        "a contact is written by `commit` or `move_contact` only, on condition"
                    )
                item = timeline_item(customer_id, event)
                puts[customer_id, item["event_key"]["S"]] = {"PutRequest": {"Item": item}}
        write_batches(self._dynamo, self._timeline_name, puts.values(), self._pause)

    def delete_events(self, customer_id: str, keys: Sequence[str]) -> None:
        """See `ports.CustomerStore`."""
        self.delete_many({customer_id: keys})

    def delete_many(self, keys: Mapping[str, Sequence[str]]) -> None:
        """See `ports.CustomerStore`. 25 events to a request, whosever they are."""
        deletes = [
            {"DeleteRequest": {"Key": _event_at(customer_id, key)}}
            for customer_id, gone in keys.items()
            for key in dict.fromkeys(gone)
        ]
        write_batches(self._dynamo, self._timeline_name, deletes, self._pause)

    def put_profile(self, profile: Profile, version: int) -> Commit:
        """See `ports.CustomerStore`."""
        stamp = self._token()
        return self._put(
            profile_put(self._profiles_name, profile, version + 1, stamp), lambda held: _stamp(held) == stamp
        )

    def put_profiles(self, profiles: Sequence[StoredProfile]) -> set[str]:
        """See `ports.CustomerStore`. One request each: half the write units of a transaction."""
        ended = at_once(lambda held: self.put_profile(*held), profiles, self._threads)
        return {p.customer_id for (p, _), end in zip(profiles, ended, strict=True) if end != "committed"}

    def put_together(
        self,
        profiles: Sequence[StoredProfile],
        *,
        new: Mapping[str, Sequence[Event]] = MappingProxyType({}),
        gone: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Commit:
        """See `ports.CustomerStore`. Two write units per KB and item."""
        stamp = self._token()
        puts: list[Item] = [
            {"Put": profile_put(self._profiles_name, p, version + 1, stamp)} for p, version in profiles
        ]
        puts += [
            {"Put": event_put(self._timeline_name, id_, event)}
            for id_, events in new.items()
            for event in events
        ]
        puts += [
            {"Delete": {"TableName": self._timeline_name, "Key": _event_at(id_, key)}}
            for id_, keys in gone.items()
            for key in keys
        ]
        if len(puts) > TRANSACTION:
            raise RefusedInput(f"a transaction takes {TRANSACTION} items, not {len(puts)}")
        if not puts:
            return "committed"
        try:
            with asking(f"writing to {self._profiles_name}"):
                self._dynamo.transact_write_items(TransactItems=puts, ClientRequestToken=stamp)  # type: ignore[arg-type]
        except ClientError as error:
            return _cancelled(error, exists=range(0))
        except OutsideFailed:
            if self._stands(profiles[0].profile.customer_id, stamp):
                return "committed"
            raise
        return "committed"

    def commit(
        self,
        profile: Profile,
        version: int,
        *,
        new: Sequence[Event] = (),
        moved: Sequence[tuple[Contact, ContactState, str]] = (),
        beside: Sequence[Beside] = (),
    ) -> Commit:
        """See `ports.CustomerStore`. Two write units per KB and item.

        A contact that exists tells more than a profile that moved on, so `exists` comes before `conflict`, and both before
        `exhausted`.
        """
        stamp, id_ = self._token(), profile.customer_id
        puts = [profile_put(self._profiles_name, profile, version + 1, stamp)]
        puts += [event_put(self._timeline_name, id_, event) for event in new]
        puts += [move_put(self._timeline_name, id_, *move) for move in moved]
        items = [{"Put": put} for put in puts]
        items += [beside_item(self._timeline_name, one) for one in beside]
        if len(items) > TRANSACTION:
            raise RefusedInput(
                f"a transaction takes {TRANSACTION} items, not {len(items)}; append the events first, then commit"
            )
        taking = {len(puts) + n for n, one in enumerate(beside) if isinstance(one, Take)}
        try:
            with asking(f"writing to {self._profiles_name} and {self._timeline_name}"):
                self._dynamo.transact_write_items(
                    TransactItems=items,  # type: ignore[arg-type]
                    ClientRequestToken=stamp,
                )
        except ClientError as error:
            return _cancelled(error, exists=range(1, len(new) + 1), taking=taking)
        except OutsideFailed:
            if self._stands(id_, stamp):
                return "committed"
            raise
        return "committed"

    def read_counters(self, names: Iterable[str]) -> dict[str, int]:
        """See `ports.CustomerStore`."""
        asked = list(dict.fromkeys(names))
        taken = dict.fromkeys(asked, 0)
        keys = [_event_at(name, COUNTER) for name in asked]
        for item in read_batches(self._dynamo, self._timeline_name, keys, "customer_id taken", self._pause):
            taken[item["customer_id"]["S"]] = int(item["taken"]["N"])
        return taken

    def redemptions(self, until: datetime, limit: int) -> list[tuple[str, Response]]:
        """See `ports.CustomerStore`."""
        found: list[tuple[str, Response]] = []
        for item in self._due(REDEMPTIONS, until, limit):
            event = decode_event(item["document"]["B"])
            if isinstance(event, Response) and "due_at" in item:
                found.append((item["customer_id"]["S"], event))
        return sorted(found, key=lambda pair: (pair[1].when, pair[0], event_key(pair[1])))

    def close_redemption(self, customer_id: str, response: Response) -> None:
        """See `ports.CustomerStore`. One put without the index's attributes."""
        item: Item = {
            **_event_at(customer_id, event_key(response)),
            "document": {"B": encode_event(response)},
        }
        with asking(f"writing to {self._timeline_name}"):
            self._dynamo.put_item(TableName=self._timeline_name, Item=item)

    def read_notes(self, names: Iterable[str]) -> dict[str, Note]:
        """See `ports.CustomerStore`."""
        keys = [_event_at(name, NOTE) for name in dict.fromkeys(names)]
        found = read_batches(
            self._dynamo, self._timeline_name, keys, "customer_id document version", self._pause
        )
        notes = [
            Note(i["customer_id"]["S"], i["document"]["B"], int(i.get("version", {"N": "0"})["N"]))
            for i in found
        ]
        return {note.name: note for note in notes}

    def move_contact(self, customer_id: str, contact: Contact, state: ContactState, claim: str) -> Commit:
        """See `ports.CustomerStore`. A claim must be new for every attempt: it is how a repeated request knows its own."""
        put = move_put(self._timeline_name, customer_id, contact, state, claim)
        document = put["Item"]["document"]["B"]
        return self._put(put, lambda held: held["document"]["B"] == document)

    def read_contact(self, customer_id: str, trigger: str, occurrence: str) -> Contact | None:
        """See `ports.CustomerStore`."""
        key = _event_at(customer_id, contact_key(trigger, occurrence))
        with asking(f"reading from {self._timeline_name}"):
            item = self._dynamo.get_item(TableName=self._timeline_name, Key=key, ConsistentRead=True).get(
                "Item"
            )
        return None if item is None else _contact(item)

    def due(self, channel: str, until: datetime, limit: int) -> list[tuple[str, Contact]]:
        """See `ports.CustomerStore`. The index only tells where to look; the contacts themselves are read consistently."""
        fresh = [(item["customer_id"]["S"], _contact(item)) for item in self._due(channel, until, limit)]
        waiting = [(id_, contact) for id_, contact in fresh if found(contact) and contact.due <= until]
        return sorted(waiting, key=lambda pair: (pair[1].due, pair[0], event_key(pair[1])))

    def _due(self, channel: str, until: datetime, limit: int) -> list[Item]:
        """The items themselves of what the index shows for a channel, oldest first, read consistently."""
        seen: list[Item] = []
        for shard in due_shards(channel):
            with asking(f"reading the due index of {self._timeline_name}"):
                page = self._dynamo.query(
                    TableName=self._timeline_name,
                    IndexName="due",
                    KeyConditionExpression="due_shard = :shard AND due_at <= :until",
                    ExpressionAttributeValues={":shard": {"S": shard}, ":until": {"S": due_at(until)}},
                    Limit=limit,
                )
            seen += page["Items"]
        seen.sort(key=lambda item: (item["due_at"]["S"], item["customer_id"]["S"], item["event_key"]["S"]))
        keys = [_event_at(item["customer_id"]["S"], item["event_key"]["S"]) for item in seen[:limit]]
        return list(
            read_batches(
                self._dynamo, self._timeline_name, keys, "customer_id event_key document due_at", self._pause
            )
        )

    def scan_profiles(self, part: int, parts: int) -> Iterator[tuple[str, bytes]]:
        """See `ports.CustomerStore`. Half a read unit per 4 KB; a page of 1 MB at a time."""
        request: Item = {
            "TableName": self._profiles_name,
            "ProjectionExpression": "customer_id, document",
            "FilterExpression": "attribute_not_exists(merged_into)",
        }
        if parts > 1:
            request |= {"Segment": part, "TotalSegments": parts}
        for item in pages(self._dynamo.scan, f"scanning {self._profiles_name}", request):
            yield item["customer_id"]["S"], unpack(item["document"]["B"])

    def _put(self, put: Item, ours: Callable[[Item], bool]) -> Commit:
        try:
            with asking(f"writing to {put['TableName']}"):
                self._dynamo.put_item(**put)
        except ClientError as error:
            if code(error) == "TransactionConflictException":
                return "conflict"
            if code(error) != "ConditionalCheckFailedException":
                raise
            held: Any = error.response.get("Item")
            return "committed" if held and was_repeated(error) and ours(held) else "conflict"
        return "committed"

    def _stands(self, customer_id: str, stamp: str) -> bool:
        with asking(f"reading from {self._profiles_name}"):
            item = self._dynamo.get_item(
                TableName=self._profiles_name,
                Key={"customer_id": {"S": customer_id}},
                ProjectionExpression="stamp",
                ConsistentRead=True,
            ).get("Item", {})
        return _stamp(item) == stamp


def _cancelled(error: ClientError, exists: range, taking: Collection[int] = ()) -> Commit:
    """What a cancelled transaction means; `exists` and `taking` are the places of new events and of counters among its items."""
    if code(error) == "TransactionConflictException":
        return "conflict"
    if code(error) != "TransactionCanceledException":
        raise error
    reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
    failed = {place for place, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"}
    if any(place in exists for place in failed):
        return "exists"
    if failed and failed <= set(taking):
        return "exhausted"
    if failed or "TransactionConflict" in reasons:
        return "conflict"
    if {"ThrottlingError", "ProvisionedThroughputExceeded"} & set(reasons):
        raise OutsideFailed("the transaction was throttled; nothing was written") from error
    raise error


def _event_at(customer_id: str, key: str) -> Item:
    return {"customer_id": {"S": customer_id}, "event_key": {"S": key}}


def _stored(item: Any) -> StoredProfile:
    return StoredProfile(decode_profile(unpack(item["document"]["B"])), int(item["version"]["N"]))


def _contact(item: Any) -> Contact:
    event = decode_event(item["document"]["B"])
    assert isinstance(event, Contact)  # noqa: S101 - only contacts are written below `contact#` keys
    return event


def _stamp(item: Any) -> str:
    return str(item["stamp"]["S"]) if "stamp" in item else ""
