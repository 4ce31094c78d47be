"""load_chunk: staged rows become customers with folded profiles; twice, in any order or after a crash it is the same."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from courtesy.errors import RefusedInput, UnknownName
from courtesy.identity.load import ChunkMessage, decode_message, load_chunk
from courtesy.intake.contract import SourceContract
from courtesy.intake.report import FileReport, encode_report, report_path
from courtesy.intake.staged import StagedRow, encode_rows
from courtesy.outcomes import FileOutcome
from courtesy.rulebook.model import Division, Rulebook
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import decode_profile, encode_profile
from functions.load_chunk import handler
from tests.fakes import InMemoryCustomerStore, InMemoryLake, InMemoryQueue
from tests.fakes.identity_index import InMemoryIdentityIndex

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = b"0123456789abcdef"
FORMAT = {"kind": "csv"}
CRM = SourceContract.model_validate(
    {
        "name": "crm",
        "record": "person",
        "format": FORMAT,
        "key": ["id"],
        "fields": {"surname": {"column": "s"}},
    }
)
SALES = SourceContract.model_validate(
    {
        "name": "sales", "record": "transaction", "format": FORMAT, "key": ["no"], "division": "cars",
        "customer_key": "cust", "refers_to": "crm", "fields": {"amount": {"column": "a"}},
    }
)  # fmt: skip
RULES = Rulebook(
    divisions={"cars": Division(name="cars", label="Cars")},
    sources={"crm": CRM, "sales": SALES},
    triggers={
        "thanks": Trigger(
            id="thanks", division="cars", category="service", kind="event", listens_to="transaction.purchase",
            channels=["email"],
        )
    },
)  # fmt: skip


class Crash(Exception):
    """The process dies here."""


def person(number: int, version: str = "v1", **fields: str) -> StagedRow:
    known = {
        "given_name": f"Name{number}",
        "surname": "Lindqvist",
        "email": f"p{number}@mail.test",
        "phone": f"(312) 555-01{number:02}",
    }
    return StagedRow(
        source="crm", contract=1, file="crm/a.csv", line=number + 2, id=str(number), when=NOW, stated=NOW,
        version=version, person={**known, **fields},
    )  # fmt: skip


def sale(number: int, customer: int, days: int = 1) -> StagedRow:
    when = NOW - timedelta(days=days)
    return StagedRow(
        source="sales", contract=1, file="sales/a.csv", line=number + 2, id=f"s{number}", when=when, stated=NOW,
        version="v1", customer=str(customer), event={"amount": 1000 + number},
    )  # fmt: skip


class CrashingStore(InMemoryCustomerStore):
    """A store with something to be called before each of its methods."""

    def __init__(self, before: Callable[[str], None]) -> None:
        super().__init__()
        self._before = before

    def __getattribute__(self, name: str) -> object:
        if not name.startswith("_") and name != "scan_profiles":
            object.__getattribute__(self, "_before")(name)
        return object.__getattribute__(self, name)


class House:
    """The fakes around one installation."""

    def __init__(self, before: Callable[[str], None] = lambda _: None) -> None:
        self.lake, self.queue = InMemoryLake(), InMemoryQueue()
        self.index, self.store = InMemoryIdentityIndex(before), CrashingStore(before)

    def stage(self, source: str, rows: list[StagedRow], file_id: str = "f") -> ChunkMessage:
        path = f"staged/{source}/{file_id}/00000.jsonl.gz"
        self.lake.put(path, gzip.compress(encode_rows(rows)))
        report = FileReport(
            source=source,
            file_id=file_id,
            key=f"{source}/f.csv",
            outcome=FileOutcome.LOADING,
            at=NOW,
            chunks=1,
        )
        self.lake.put(report_path(source, file_id), encode_report(report))
        return ChunkMessage(source, file_id, 0, 1, path)

    def load(self, message: ChunkMessage) -> None:
        load_chunk(message, self.lake, self.index, self.store, self.queue, RULES, KEY, NOW)

    def profiles(self) -> dict[str, bytes]:
        found = dict(self.store.scan_profiles(0, 1))
        for customer_id, document in found.items():
            assert document == encode_profile(fold(customer_id, self.store.read_timeline(customer_id)))
        return found


def test_a_sale_may_come_before_its_buyer() -> None:
    persons, sales = [person(n) for n in range(5)], [sale(n, n % 5) for n in range(9)]
    one, two = House(), House()
    one.load(one.stage("crm", persons))
    one.load(one.stage("sales", sales))
    two.load(two.stage("sales", sales))
    two.load(two.stage("crm", persons))
    two.load(two.stage("sales", sales))
    assert one.profiles() == two.profiles()
    assert len(one.profiles()) == 5


def test_triggers_hear_of_news_and_not_of_history() -> None:
    house = House()
    house.load(house.stage("sales", [sale(1, 1), sale(2, 2, days=900)]))
    (message,) = house.queue.bodies()
    assert len(message["keys"]) == 1
    assert "#s1#" in message["keys"][0]
    assert message["customer_id"] in house.profiles()
    [record] = house.index.read_records(message["records"]).values()
    assert record.customer_id == message["customer_id"]


def test_phone_and_email_are_brought_into_one_form() -> None:
    house = House()
    house.load(house.stage("crm", [person(1, email=" P1@Mail.TEST ")]))
    (document,) = house.profiles().values()
    values = json.loads(document)["values"]
    assert values["phone"][0] == "+13125550101"
    assert values["email"][0] == "p1@mail.test"


def deaths(prepare: Callable[[House], ChunkMessage]) -> int:
    """Die at each call of the index and of the store, load again, compare with an undisturbed house; returns the calls."""
    calls: list[str] = []
    straight = House(calls.append)
    message = prepare(straight)
    calls.clear()
    straight.load(message)
    needed = len(calls)
    wanted = straight.profiles()
    for at in range(needed):
        left = [-1]

        def dies(name: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Crash(name)

        house = House(dies)
        message = prepare(house)
        left[0] = at + 1
        with pytest.raises(Crash):
            house.load(message)
        left[0] = -1
        house.load(message)
        assert house.profiles() == wanted, f"died at call {at}"
        assert not any(decode_profile(document).merging for document in wanted.values())
    return needed


def test_a_crash_at_any_call_of_the_index_or_the_store_and_another_delivery() -> None:
    rows = [person(1), person(2), person(3, given_name="Name1", email="p1@mail.test")]
    assert deaths(lambda house: house.stage("crm", rows)) > 10


def test_a_crash_at_any_call_while_customers_are_united_or_parted() -> None:
    def prepare(house: House) -> ChunkMessage:
        house.load(house.stage("sales", [sale(n, n) for n in range(1, 5)]))
        house.load(house.stage("crm", [person(1), person(2), person(3), person(4, email="p3@mail.test")]))
        changed = [
            person(3, version="v2", given_name="Name1", email="p1@mail.test", phone="(312) 555-0101"),
            person(4, version="v2", given_name="Name2", email="p2@mail.test", phone="(312) 555-0102"),
        ]
        return house.stage("crm", changed)

    assert deaths(prepare) > 20


def at_hour(row: StagedRow, hour: int) -> StagedRow:
    stated = NOW + timedelta(hours=hour)
    return replace(row, when=stated, stated=stated, version=f"v{hour}")


def test_a_late_older_version_does_not_replace_newer_traits() -> None:
    """Said first and last: she is Name1. A file of the time between, which says otherwise, comes last."""
    first, between, last = (
        at_hour(person(1), 0),
        at_hour(person(1, email="x@mail.test"), 1),
        at_hour(person(1), 2),
    )
    house = House()
    for row in (first, last, between):
        house.load(house.stage("crm", [row]))
    (record,) = house.index.read_records(["crm/1"]).values()
    assert record.traits.email == "p1@mail.test"
    (document,) = house.profiles().values()
    assert json.loads(document)["values"]["email"][0] == "p1@mail.test"


@pytest.mark.parametrize("newcomer_sees_it", [True, False])
def test_versions_that_overtake_each_other_end_with_the_latest(newcomer_sees_it: bool) -> None:
    """While the older version is loaded, the newer one is loaded from beginning to end, at any call."""
    first, between, last = (
        at_hour(person(1), 0),
        at_hour(person(1, email="x@mail.test"), 1),
        at_hour(person(1), 2),
    )
    slow, quick = (between, last) if newcomer_sees_it else (last, between)
    at = 0
    while True:
        at += 1
        left = [0]
        inner: list[Callable[[], None]] = []

        def overtakes(_: str, left: list[int] = left, inner: list[Callable[[], None]] = inner) -> None:
            left[0] -= 1
            if left[0] == 0:
                inner.pop()()

        house = House(overtakes)
        house.load(house.stage("crm", [first]))
        slowly = house.stage("crm", [slow], "slow")
        quickly = house.stage("crm", [quick], "quick")
        inner.append(lambda house=house, quickly=quickly: house.load(quickly))  # type: ignore[misc]
        left[0] = at
        house.load(slowly)
        if inner:
            break
        (record,) = house.index.read_records(["crm/1"]).values()
        assert record.traits.email == "p1@mail.test", f"overtaken at call {at}"
        house.profiles()
    assert at > 5


def test_a_second_load_of_the_same_chunk_costs_little() -> None:
    house = House()
    message = house.stage("crm", [person(n) for n in range(20)])
    house.load(message)
    house.index.items.clear()
    house.load(message)
    assert house.index.items["write_records"] == 0
    assert house.index.items["add_members"] == 0


def test_what_cannot_be_loaded_is_said() -> None:
    with pytest.raises(RefusedInput, match="chunk message"):
        decode_message("{}")
    with pytest.raises(UnknownName, match="crm"):
        House().load(ChunkMessage("crn", "f", 0, 1, "x"))


def test_the_handler_loads_each_message_and_returns_those_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    message = house.stage("crm", [person(1)])
    outside = SimpleNamespace(
        lake=house.lake, index=house.index, store=house.store, events=house.queue,
        rulebooks=SimpleNamespace(current=lambda: RULES), hash_key=KEY, clock=lambda: NOW,
    )  # fmt: skip
    monkeypatch.setattr(handler, "wire", lambda: outside)
    good = {"source": "crm", "file_id": "f", "chunk": 0, "chunks": 1, "path": message.path}
    event = {
        "Records": [
            {"messageId": "1", "eventSource": "aws:sqs", "body": json.dumps(good)},
            {"messageId": "2", "eventSource": "aws:sqs", "body": json.dumps(good | {"source": "crn"})},
        ]
    }
    answer = handler.handle(event, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert len(house.profiles()) == 1
