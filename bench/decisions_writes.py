"""What a reservation costs on the wire: requests, write units and time, beside botocore sending the same requests bare.

Bare is botocore's client as it comes, and once more the client that the adapters use (no validation of parameters, a user
agent that is not put together anew for each request), which is the harder floor.

Below botocore the socket is replaced by a stand-in of DynamoDB; the time that it takes to answer is measured and left out on
both sides, so what is compared is the work of the client. Times are those of the processor.
"""

import time
from base64 import b64decode
from datetime import timedelta
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSPreparedRequest

from courtesy.decisions.candidates import from_cycle
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Reserved
from courtesy.decisions.event_message import EventMessage
from courtesy.decisions.listen import decide_events
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.identity.memory import MemoryIndex
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import SourceRecord, Transaction, event_key
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.session import client
from courtesy_local.faults.dynamo import Dynamo, Item
from courtesy_local.faults.wire import attached
from courtesy_local.faults.world import Run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH = 100
"""Profiles that a part of a cycle reads at once."""


class Metered(Run):
    """A world that answers at once, keeps what was asked, and knows how long it took to answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, Any]] = []
        self.answering = 0.0

    def serve(self, service: str, operation: str, body: Any, request: AWSPreparedRequest) -> tuple[int, Any]:  # noqa: ARG002 - the signature of what it stands in for
        """One request; only DynamoDB is there."""
        start = time.process_time()
        self.asked.append((operation, body))
        answer = self.dynamo.answer(operation, body)
        self.answering += time.process_time() - start
        return 200, answer


def write_units(items: list[Item]) -> int:
    """Write units of a transaction: two for each started KB of each item."""
    return sum(2 * ceil(_size(entry["Put"]["Item"] if "Put" in entry else {}) / 1024 or 1) for entry in items)


def _size(item: Item) -> int:
    size = 0
    for name, value in item.items():
        (type_, content), *_ = value.items()
        size += len(name) + (len(b64decode(content)) if type_ == "B" else len(str(content).encode()))
    return size


def reserving(book: Rulebook, people: list[Profile], hash_key: bytes, now: Any) -> dict[str, float]:
    """Reservations a second with profiles read by hundreds, requests and write units each, and the same requests bare."""
    trigger = next(
        t for t in book.triggers.values() if t.kind == "cycle" and "email" in t.channels and not t.offer
    )
    candidate = from_cycle(trigger, now.date(), now.date())
    policy = policy_of(book)
    people = [
        p for p in people if isinstance(decide(p, [candidate], policy, now, hash_key)[0], Reserved)
    ]  # the others are decided without a request
    ratios: list[tuple[float, float]] = []
    ours_best, bare_best, units, requests = 0.0, 0.0, [], 0.0
    for _ in range(3):
        world = Metered()
        with attached(lambda world=world: world, ["dynamodb"]) as wire:  # type: ignore[misc]
            wire.world = world
            store = DynamoCustomerStore("timeline", "profiles")
            for profile in people:
                store.put_profile(profile, 0)
            empty = {table: dict(items) for table, items in world.dynamo.tables.items()}
            world.asked.clear()
            world.answering, start, made = 0.0, time.process_time(), 0
            for first in range(0, len(people), BATCH):
                batch = [p.customer_id for p in people[first : first + BATCH]]
                read = store.read_profiles(batch)
                for id_ in batch:
                    decided = reserve(store, id_, read[id_], [candidate], policy, now, hash_key)
                    made += sum(isinstance(one, Reserved) for one in decided)
            ours = made / (time.process_time() - start - world.answering)
            asked = list(world.asked)
            units = [write_units(b["TransactItems"]) for op, b in asked if op == "transactwriteitems"]
            requests = len(asked) / made
            stock = boto3.client("dynamodb")
            wire.register(stock)
            bare, same = (_bare(one, world, empty, asked, made) for one in (stock, client("dynamodb")))
            ratios.append((ours / bare, ours / same))
            ours_best, bare_best = max(ours_best, ours), max(bare_best, bare)
    return {
        "reservations_per_second": round(ours_best),
        "bare_requests_per_second": round(bare_best),
        "ratio": median(ratio for ratio, _ in ratios),
        "ratio_to_the_same_client": median(ratio for _, ratio in ratios),
        "requests_each": round(requests, 3),
        "transactions_each": 1.0,
        "write_units_median": median(units),
        "write_units_most": max(units),
    }


def _bare(
    bare: "DynamoDBClient",
    world: Metered,
    tables: dict[str, dict[Any, Item]],
    asked: list[tuple[str, Any]],
    made: int,
) -> float:
    """How many of these reservations botocore alone sends a second: the same requests, made beforehand."""
    world.dynamo = Dynamo(lambda *_: None)
    world.dynamo.tables = {table: dict(items) for table, items in tables.items()}
    ready = [(op, _binary(body)) for op, body in asked]
    world.answering, start = 0.0, time.process_time()
    for operation, body in ready:
        if operation == "transactwriteitems":
            bare.transact_write_items(**body)
        else:
            bare.batch_get_item(**body)
    return made / (time.process_time() - start - world.answering)


def _binary(body: Any) -> Any:
    """The request as botocore takes it: binary values as bytes."""
    if isinstance(body, dict):
        if set(body) == {"B"}:
            return {"B": b64decode(body["B"])}
        return {name: _binary(value) for name, value in body.items()}
    return [_binary(one) for one in body] if isinstance(body, list) else body


class _NoLake:
    """A lake without cycles that takes what it is given."""

    def list(self, prefix: str) -> list[str]:  # noqa: ARG002 - the signature of what it stands in for
        return []

    def put(self, path: str, content: bytes) -> None:
        """Forget it."""


def events(book: Rulebook, count: int, hash_key: bytes, now: Any) -> dict[str, float]:
    """Milliseconds from a message on new events to its reservations, the stores' own time left out; half of them, and the worst."""
    took: list[float] = []
    reserved = 0
    world = Metered()
    with attached(lambda: world, ["dynamodb"]) as wire:
        wire.world = world
        store = DynamoCustomerStore("timeline", "profiles")
        for n in range(count):
            id_, bought = f"c{n:026}", now - timedelta(hours=1)
            person = SourceRecord(
                source="crm_persons", id=str(n), when=now - timedelta(days=9),
                fields={"email": f"p{n}@example.com", "country": "US", "state": "NY", "date_of_birth": "1980-02-03"},
            )  # fmt: skip
            sale = Transaction(
                source="dealer_sales", id=str(n), when=bought, division="cars", amount=3_000_000
            )
            store.append(id_, [person, sale])
            store.put_profile(fold(id_, [person, sale]), 0)
            message = EventMessage(id_, [event_key(sale)])
            world.answering, start = 0.0, time.process_time()
            balance = decide_events(store, MemoryIndex(), _NoLake(), book, message, now, hash_key, f"m{n}")  # type: ignore[arg-type]
            took.append((time.process_time() - start - world.answering) * 1000)
            reserved += balance.reserved
    took.sort()
    return {
        "events": count,
        "reserved": reserved,
        "median_ms": round(median(took), 2),
        "slowest_ms": round(took[-1], 2),
    }
