"""load_chunk: staged rows become customers with folded profiles; twice, in any order or after a crash it is the same."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from courtesy.errors import RefusedInput, UnknownName
from courtesy.identity.load import ChunkMessage, decode_message, load_chunk
from courtesy.intake.contract import SourceContract
from courtesy.intake.report import FileReport, encode_report, report_path
from courtesy.intake.staged import StagedRow, encode_row
from courtesy.outcomes import FileOutcome
from courtesy.rulebook.model import Division, Rulebook
from courtesy.rulebook.trigger import Trigger
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile
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


def person(number: int, **fields: str) -> StagedRow:
    known = {
        "given_name": f"Name{number}",
        "surname": "Lindqvist",
        "email": f"p{number}@mail.test",
        "phone": f"(312) 555-01{number:02}",
    }
    return StagedRow(
        source="crm", contract=1, file="crm/a.csv", line=number + 2, id=str(number), when=NOW, stated=NOW,
        version="v1", person={**known, **fields},
    )  # fmt: skip


def sale(number: int, customer: int, days: int = 1) -> StagedRow:
    when = NOW - timedelta(days=days)
    return StagedRow(
        source="sales", contract=1, file="sales/a.csv", line=number + 2, id=f"s{number}", when=when, stated=NOW,
        version="v1", customer=str(customer), event={"amount": 1000 + number},
    )  # fmt: skip


class House:
    """The fakes around one installation."""

    def __init__(self, before: Callable[[str], None] = lambda _: None) -> None:
        self.lake, self.queue = InMemoryLake(), InMemoryQueue()
        self.index, self.store = InMemoryIdentityIndex(before), InMemoryCustomerStore()

    def stage(self, source: str, rows: list[StagedRow]) -> ChunkMessage:
        path = f"staged/{source}/f/00000.jsonl.gz"
        self.lake.put(path, gzip.compress(b"\n".join(map(encode_row, rows))))
        report = FileReport(
            source=source, file_id="f", key=f"{source}/f.csv", outcome=FileOutcome.LOADING, at=NOW, chunks=1
        )
        self.lake.put(report_path(source, "f"), encode_report(report))
        return ChunkMessage(source, "f", 0, 1, path)

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


def test_phone_and_email_are_brought_into_one_form() -> None:
    house = House()
    house.load(house.stage("crm", [person(1, email=" P1@Mail.TEST ")]))
    (document,) = house.profiles().values()
    values = json.loads(document)["values"]
    assert values["phone"][0] == "+13125550101"
    assert values["email"][0] == "p1@mail.test"


def test_a_crash_at_any_call_of_the_index_and_another_delivery() -> None:
    rows = [person(1), person(2), person(3, given_name="Name1", email="p1@mail.test")]
    calls: list[str] = []
    straight = House(calls.append)
    straight.load(straight.stage("crm", rows))
    for at in range(len(calls)):
        left = [at]

        def dies(name: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == -1:
                raise Crash(name)

        house = House(dies)
        message = house.stage("crm", rows)
        with pytest.raises(Crash):
            house.load(message)
        house.load(message)
        assert house.profiles() == straight.profiles(), f"died at call {at}"


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
