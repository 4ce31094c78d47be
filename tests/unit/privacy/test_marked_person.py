"""A person with marks that nobody else has goes through the house: no log, metric, key or error shows a mark, and after the erasure no
store does."""

import gzip
import json
import logging
import zlib
from datetime import timedelta
from html import escape
from typing import Any

import duckdb
import msgspec
import orjson
import pytest

from courtesy.decisions.household import household_name
from courtesy.decisions.offers import CodeHolder, code_note
from courtesy.identity.hashing import customer_id_of
from courtesy.identity.record import PossibleMatch
from courtesy.intake.quarantine import QuarantinedRow
from courtesy.intake.report import FileReport, encode_report, report_path
from courtesy.outcomes import ContactState, FileOutcome
from courtesy.ports import Note
from courtesy.privacy.access import Accessing, access
from courtesy.privacy.certificate import certificate_of
from courtesy.privacy.correct import Correcting, correct
from courtesy.privacy.erase import Erasing, begin, carry_on, erase
from courtesy.privacy.readable import access_page
from courtesy.timeline.events import Contact, Interaction
from courtesy.timeline.fold import fold
from courtesy_aws import observability
from functions.load_chunk import handler as load_handler
from functions.load_chunk.wiring import Outside as Loading
from tests.fakes import InMemoryLake
from tests.unit.functions.load_chunk.test_load_chunk import KEY, NOW, House, person, sale
from tests.unit.privacy.test_erase import BOOK

MARKS = {
    "given_name": "Zyxomarka", "surname": "Quillfeather", "email": "zyxo.quill@marked.test", "phone": "(312) 555-0177",
    "address1": "77 Markstone Way", "city": "Quuxville", "postcode": "97531", "country": "US", "national_id": "ID-QX-99887",
    "loyalty_no": "LOY-QX-4455", "date_of_birth": "1961-07-23",
}  # fmt: skip
WORDS = ("zyxo", "quill", "markstone", "quuxville", "97531", "qx-99887", "qx-4455", "1961-07-23", "5550177", "555-0177", "qx99887", "qx4455", "19610723")  # fmt: skip
REFERENCE = "48151623"
ME, OTHER = customer_id_of(KEY, f"crm/{REFERENCE}"), customer_id_of(KEY, "crm/2")
CODE = "MUG-AAAA-BBBB-CCCC"


class Books:
    def current(self) -> Any:
        return BOOK


def shows(text: str | bytes, *more: str) -> list[str]:
    """The marks that a text shows."""
    said = (text if isinstance(text, str) else text.decode("utf-8", "replace")).casefold()
    return [word for word in (*WORDS, *more) if word in said]


class Marked:
    """The house with the marked person in every place, and somebody else who must stay."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self.drops = House(), InMemoryLake()
        books: Any = Books()
        outside = Loading(
            self.house.lake, self.house.index, self.house.store, self.house.queue, books, KEY, lambda: NOW
        )
        monkeypatch.setattr(load_handler, "wire", lambda: outside)
        self.house.lake.put(
            "staged/crm/broken/00000.jsonl.gz", gzip.compress(b"no rows " + MARKS["email"].encode())
        )

    def load(self, file_id: str, source: str, rows: Any) -> list[str]:
        """By the function itself, as the queue hands it over; the messages that come back."""
        message = self.house.stage(source, rows, file_id)
        body = msgspec.json.encode(message).decode()
        broken = body.replace(f"/{file_id}/", "/broken/")
        records = [
            {"messageId": name, "body": text, "eventSource": "aws:sqs"}
            for name, text in (("good", body), ("torn", broken), ("none", json.dumps(MARKS)))
        ]
        answer = load_handler.handle({"Records": records}, None)
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def settle(self) -> None:
        """Everything else that may be held of the person."""
        house, lake = self.house, self.house.lake
        me = [person(0, **MARKS)]
        me = [msgspec.structs.replace(me[0], id=REFERENCE)]
        assert self.load("f1", "crm", [*me, person(2, given_name="Vera", surname="Okonkwo")]) == [
            "torn",
            "none",
        ]
        bought = [msgspec.structs.replace(sale(1, 1), customer=REFERENCE), sale(2, 2)]
        assert self.load("f2", "sales", bought) == ["torn", "none"]
        asked = Correcting(house.store, house.index, KEY, "US", NOW)
        correct(ME, {"city": MARKS["city"], "email": MARKS["email"]}, asked)
        said = Interaction(
            source="desk",
            id="9",
            when=NOW,
            division="cars",
            channel="call",
            topic=f"asked by {MARKS['surname']}",
        )
        house.store.append(ME, [said])
        profile, version = house.store.read_profile(ME)
        home = household_name(profile, KEY)
        sent = Contact(
            source="courtesy", id="k1", when=NOW, trigger="offer", occurrence="once", division="cars", category="marketing", purpose="marketing",
            channel="email", planned=NOW, due=NOW, expires=NOW, state=ContactState.SENT, code=CODE, household=home, claim="c",
        )  # fmt: skip
        notes = [
            Note(code_note(CODE), msgspec.json.encode(CodeHolder(ME, f"crm/{REFERENCE}"))),
            Note(f"household/{home}", msgspec.json.encode([ME, OTHER]), 0),
        ]
        whole = fold(ME, [*house.store.read_timeline(ME), sent])
        assert house.store.commit(whole, version, new=[sent], beside=notes) == "committed"
        house.index.put_matches(
            [PossibleMatch(left=f"crm/{REFERENCE}", right="web/1", weight=1, levels="", found=NOW)]
        )
        torn = f'{REFERENCE};"{MARKS["surname"]}";"{MARKS["given_name"]}";{MARKS["postcode"]}'
        namesake = f'3;"{MARKS["surname"]}";"Ada";10001'
        rows = [
            QuarantinedRow(source="crm", contract=1, file="f", line=n, faults=[], text=text)
            for n, text in enumerate((torn, namesake, "x;(312)555-0177"))
        ]
        lake.put("quarantine/crm/f.jsonl", b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
        lake.put("inbound/m1", f"From: {MARKS['email']}\r\n\r\nplease stop".encode())
        lake.put("inbound/m2", b"From: somebody@else.test\r\n\r\nhello")
        line = orjson.dumps({"customer_id": ME}) + b"\n" + orjson.dumps({"customer_id": OTHER}) + b"\n"
        for path in ("decisions/held/2026-03-01/m.jsonl", "decisions/days/2026-03-01/m.jsonl"):
            lake.put(path, line)
        lake.put(f"decisions/events/{ME}/2026-03-01-m.jsonl", line)
        table = duckdb.connect()
        for kind in ("snapshots", "segments", "moves", "decisions"):
            path = f"{kind}/2026-03-01-a/part-00000.parquet"
            target = self.folder / "x.parquet"
            table.execute(
                f"COPY (SELECT unnest(['{ME}', '{OTHER}']) AS customer_id) TO '{target}' (FORMAT parquet)"
            )
            lake.upload(target, path)
        lake.put("segments/torn/part-00000.parquet", b"no parquet")
        text = f"id;mail\n{REFERENCE};{MARKS['email']}\n".encode()
        for name, content, outcome in (
            ("a.csv", text, FileOutcome.LOADED),
            ("b.csv.gz", gzip.compress(text), FileOutcome.REFUSED),
            ("c.csv.gz", gzip.compress(text)[:-9], FileOutcome.REFUSED),
            ("d.csv", b"id;mail\n2;p2@mail.test\n", FileOutcome.LOADED),
            ("e.csv", text, FileOutcome.LOADING),
        ):
            key = f"crm/2026/03/01/{name}"
            self.drops.put(key, content)
            report = FileReport(source="crm", file_id=name, key=key, outcome=outcome, at=NOW, chunks=1)
            lake.put(report_path("crm", name), encode_report(report))

    def erasing(self) -> Erasing:
        return Erasing(
            self.house.store, self.house.index, self.house.lake, BOOK, KEY, NOW, "officer", self.drops
        )

    folder: Any = None

    def everything(self) -> dict[str, bytes]:
        """All that any store holds, by where."""
        house = self.house
        found = {
            f"lake {path}": content for path, content in house.lake.objects.items() if "/broken/" not in path
        }
        found |= {f"drops {path}": content for path, content in self.drops.objects.items()}
        found |= {
            f"event {id_} {key}": doc
            for id_, held in house.store._timelines.items()
            for key, doc in held.items()
        }
        found |= {f"profile {id_}": document for id_, (_, document) in house.store._profiles.items()}
        found |= {f"note {name}": note.document for name, note in house.store._notes.items()}
        found |= {
            f"record {name}": msgspec.json.encode(record) for name, record in house.index._records.items()
        }
        found |= {
            f"member {entry}": repr(sorted(held)).encode() for entry, held in house.index._members.items()
        }
        found |= {f"match {n}": repr(match).encode() for n, match in enumerate(house.index.list_matches(99))}
        return {
            where: zlib.decompressobj(31).decompress(content) if content[:2] == b"\x1f\x8b" else content
            for where, content in found.items()
        }


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Marked:
    made = Marked(monkeypatch)
    made.folder = tmp_path
    made.settle()
    return made


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Any:
    """All that was logged or printed until now, with every field of every record."""
    caplog.set_level(logging.DEBUG)

    def said() -> str:
        out, err = capsys.readouterr()
        return "\n".join([out, err, *(repr(record.__dict__) for record in caplog.records)])

    return said


def test_no_log_metric_or_key_shows_a_mark(
    lines: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    made = Marked(monkeypatch)
    made.folder = tmp_path
    made.settle()
    assert len(shows(b"\n".join(made.everything().values()))) > 8
    erase(ME, made.erasing())
    text = lines()
    assert "chunk applied" in text
    assert shows(text) == []
    for where in made.everything():
        assert shows(where) == [], where
    for where in made.house.lake.objects:
        assert REFERENCE not in where


def test_after_the_erasure_no_store_has_a_mark_and_the_others_have_theirs(marked: Marked) -> None:
    kept = {where: content for where, content in marked.everything().items() if OTHER in where}
    certificate = erase(ME, marked.erasing())
    assert certificate.status == "done"
    assert certificate.done["notes on codes and households"] == 2
    assert certificate.done["dropped files"] == 3
    assert certificate.done["objects too damaged to be read (nothing removed)"] == 2  # the torn chunk too
    left = marked.everything()
    assert left.pop(
        "drops crm/2026/03/01/e.csv"
    )  # not read to its end yet: it brings nobody back, and expires
    assert b"Ada" in left.pop("lake quarantine/crm/f.jsonl")  # a namesake's
    for where, content in left.items():
        assert shows(content, REFERENCE) == [], where
        if not where.startswith(("profile", "event", "note", "member erased", "lake outcomes/eras")):
            assert ME.encode() not in content, where
    assert {where: left[where] for where in kept} == kept
    assert marked.house.lake.list("inbound/") == ["inbound/m2"]
    assert marked.drops.list("") == ["crm/2026/03/01/d.csv", "crm/2026/03/01/e.csv"]


def test_the_same_file_again_brings_nobody_back(marked: Marked) -> None:
    erase(ME, marked.erasing())
    before = {
        where: content
        for where, content in marked.everything().items()
        if where.startswith(("event", "profile", "record"))
    }
    again = [msgspec.structs.replace(person(0, "v2", **MARKS), id=REFERENCE)]
    marked.load("later", "crm", again)
    marked.load("sales-later", "sales", [msgspec.structs.replace(sale(7, 1), customer=REFERENCE)])
    after = {
        where: content
        for where, content in marked.everything().items()
        if where.startswith(("event", "profile", "record"))
    }
    assert after == before
    begin(ME, marked.erasing())
    assert carry_on(marked.erasing()) == {ME: "done"}
    assert not any(
        shows(content) for where, content in marked.everything().items() if where.startswith("lake staged")
    )
    assert certificate_of(marked.house.lake, ME).runs == 2


def test_the_access_document_has_all_marks_and_nobody_elses(marked: Marked) -> None:
    """Portability: all that the person gave is there; of those they share a home or a match with, nothing."""
    house = marked.house
    asked = Accessing(house.store, house.index, house.lake, BOOK, [], NOW)
    text = orjson.dumps(access(ME, asked)).decode()
    for name in (
        "given_name",
        "surname",
        "email",
        "address1",
        "city",
        "postcode",
        "national_id",
        "loyalty_no",
    ):
        assert MARKS[name].casefold() in text.casefold(), name
    for foreign in ("okonkwo", "vera", "p2@mail.test", OTHER, "web/1"):
        assert foreign not in text.casefold()


def test_the_page_has_all_that_the_document_has(marked: Marked) -> None:
    house = marked.house
    document = access(ME, Accessing(house.store, house.index, house.lake, BOOK, [], NOW))
    document["values"]["surname"] = "<script>alert(1)</script>"
    page = access_page(document)
    assert "<script>" not in page
    words: list[str] = []

    def gather(value: Any) -> None:
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            gather(each)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "":
            words.append(escape(str(value)))

    gather(document)
    assert len(words) > 50
    assert [word for word in words if word not in page] == []


def test_a_corrected_address_is_not_written_over_by_the_next_file(marked: Marked) -> None:
    store = marked.house.store
    asked = Correcting(store, marked.house.index, KEY, "US", NOW + timedelta(hours=1))
    correct(ME, {"email": "right@marked.test"}, asked)
    again = [msgspec.structs.replace(person(0, "v2", **MARKS), id=REFERENCE, stated=NOW + timedelta(days=9))]
    marked.load("later", "crm", again)
    assert store.read_profile(ME).profile.text("email") == "right@marked.test"


def test_in_lambda_a_librarys_words_stay_out_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(event: dict[str, Any], context: Any) -> None:
        raise ValueError(f"could not convert {MARKS['email']}")

    with pytest.raises(ValueError, match="marked"):
        observability.observed(fails)({}, None)
    monkeypatch.setattr(observability, "_in_lambda", lambda: True)
    guarded = observability.observed(fails)
    with pytest.raises(Exception, match=r"^at .*test_marked_person\.py:") as caught:
        guarded(
            {},
            type(
                "C",
                (),
                {
                    "function_name": "f",
                    "memory_limit_in_mb": 1,
                    "invoked_function_arn": "a",
                    "aws_request_id": "r",
                },
            )(),
        )
    assert type(caught.value).__name__ == "ValueError"
    assert caught.value.__suppress_context__
