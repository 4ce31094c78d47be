"""Edges of the intake that real feeds reach seldom: headers over the top, cut characters, whitespace text, what is not there."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from courtesy.errors import RefusedFile
from courtesy.intake.contract import FileFormat
from courtesy.intake.difference import BadRow, Means
from courtesy.intake.finish import finish_if_complete
from courtesy.intake.header import header_of
from courtesy.intake.meter import Meter
from courtesy.intake.quarantine import quarantine_path, read_quarantine, write_quarantine
from courtesy.intake.records import broken_column, is_record
from courtesy.intake.rehearse import rehearse
from courtesy.intake.report import Fault
from courtesy.intake.segments import unite
from courtesy.intake.shape import shape_of
from courtesy.intake.staged import StagedRow, subject_of
from courtesy.intake.state import applied_path, fetch_segments, pending_path
from courtesy.intake.unpack import Limits
from courtesy.outcomes import FileOutcome, FileRefusal
from tests.fakes.lake import InMemoryLake
from tests.unit.intake.mill import NOW, Mill, contract

JAN = datetime(2026, 1, 1, tzinfo=UTC)


def test_columns_apart_by_blanks_are_named_by_the_first_line(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text("a report\nid   name\temail\n1  Ann  -\n")
    assert header_of(file, FileFormat(kind="whitespace", skip=1), "f") == (("id", "name", "email"), 3)


def test_a_file_of_columns_apart_by_blanks_is_loaded() -> None:
    mill = Mill(contract(format={"kind": "whitespace", "nulls": ["-"]}))
    mill.drop("id   name\temail\n1  Ann  -\n  2 Bob b@example.org\n")
    assert mill.values() == {
        "people/1": {"name": "Ann"},
        "people/2": {"name": "Bob", "email": "b@example.org"},
    }


def test_a_header_whose_value_never_ends_is_no_header(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_text('id,"' + "x" * 200_000 + "\n")
    with pytest.raises(RefusedFile, match="no header with the names"):
        header_of(file, FileFormat(kind="csv"), "f")


def test_a_character_over_the_end_of_a_block_is_one_character(tmp_path: Path) -> None:
    form = FileFormat(kind="csv")
    meter = Meter(form, "f", tmp_path)
    whole = "né\n".encode()
    assert meter.measure(whole[:2]) + meter.measure(whole[2:]) + meter.end() == whole
    assert meter.end() == b""  # asked again


def test_an_ascii_block_after_half_a_character_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"one\n\xc3plain\n")
    meter = Meter(FileFormat(kind="csv"), "f", file)
    meter.measure(b"one\n\xc3")
    with pytest.raises(RefusedFile, match="0xC3 is not utf-8") as refused:
        meter.measure(b"plain\n")
    assert refused.value.line == 2


@pytest.mark.parametrize("bad", [b"\xff", b"\x00"])
@pytest.mark.parametrize("zipped", [False, True])
def test_the_line_of_a_bad_byte_is_told_wherever_it_stands(bad: bytes, zipped: bool) -> None:
    lines = [b"id,name,email"] + [b"%d,%s," % (n, b"x" * 90) for n in range(2, 30_000)]
    lines[25_000] = b"25001,a" + bad + b"b,"
    data = b"\n".join(lines)
    report = Mill().drop(gzip.compress(data, 1) if zipped else data)
    assert (report.outcome, report.reason, report.line) == (FileOutcome.REFUSED, "encoding", 25_001)


@pytest.mark.parametrize("threads", [1, 4])
def test_lines_keep_their_numbers_however_many_read_them(tmp_path: Path, threads: int) -> None:
    rows = [f"{n},Ann,{'x' if n % 1000 == 7 else f'a{n}@example.org'}" for n in range(2, 400_001)]
    rows[99] = "   "
    file = tmp_path / "f.csv"
    file.write_text("id,name,email\n" + "\n".join(rows))
    found = rehearse(contract(), file, Means(tmp_path / "work", threads), NOW, show=10_000)
    assert found.tally.rows_in == 399_998
    assert [bad.line for bad in found.bad] == [n for n in range(2, 400_001) if n % 1000 == 7]
    assert all(row.line == int(row.id) for row in found.rows)


@pytest.mark.parametrize(
    ("blocks", "newline"),
    [
        ((b"a,b\r", b"", b"\nc,d\r\n"), "\r\n"),
        ((b"a,b\n", b"c,d\r\n"), ""),
        ((b"a,b\r\n", b"c,d\n"), ""),
        ((b"a,b\r\n", b"c,d"), "\r\n"),
        ((b"a,b\r", b"c,d\n"), ""),
        ((b"a,b\n", b"c,d\n"), "\n"),
    ],
)
def test_line_ends_are_told_over_the_ends_of_blocks(
    tmp_path: Path, blocks: tuple[bytes, ...], newline: str
) -> None:
    meter = Meter(FileFormat(kind="csv"), "f", tmp_path)
    for block in blocks:
        meter.measure(block)
    assert meter.newline == newline


def test_there_is_no_quarantine_where_every_row_passed() -> None:
    mill = Mill()
    report = mill.drop("id,name,email\n1,Ann,\n")
    assert list(read_quarantine(mill.lake, "people", report.file_id)) == []


def test_a_quarantine_of_many_parts_is_read_in_the_order_of_the_file(tmp_path: Path) -> None:
    lake = InMemoryLake()
    rows = [BadRow(n, [Fault("email", "not_email", "")], f"{n},Ann,nowhere") for n in range(2, 300)]
    for number, part in enumerate(
        write_quarantine(rows, "people", 1, "people/f.csv", tmp_path, largest=2000)
    ):
        lake.upload(part, quarantine_path("people", "f" * 26, number))
        part.unlink()
    assert len(lake.list("quarantine/")) > 10
    for after in (0, 1, 13, 14, 15, 297, 298, 400):
        found = read_quarantine(lake, "people", "f" * 26, after)
        assert [row.line for row in found] == list(range(2 + after, 300))
    assert list(read_quarantine(lake, "people", "f" * 25)) == []


def test_an_ended_file_is_not_ended_again() -> None:
    mill = Mill()
    report = mill.drop("id,name,email\n1,Ann,\n")
    assert report.outcome is FileOutcome.LOADED
    later = NOW.replace(year=2027)
    assert finish_if_complete("people", report.file_id, mill.lake, later) == report


def test_without_quoting_any_text_is_a_record() -> None:
    form = FileFormat(kind="csv", quote="")
    assert is_record('a,"b', form)


def test_of_a_value_that_is_shut_too_early_the_column_is_told() -> None:
    assert broken_column('1,"x"y,3', FileFormat(kind="csv")) == 1
    assert broken_column('"x"y,3', FileFormat(kind="csv")) == 0


def test_a_row_without_a_customers_number_is_about_itself() -> None:
    rules = contract(
        name="sales", record="transaction", division="cars", customer_key="who", refers_to="crm",
        fields={"amount": {"column": "amount"}}, person={"email": {"column": "email"}}, constants={"type": "purchase"},
    )  # fmt: skip
    row = StagedRow(source="sales", contract=1, file="f", line=2, id="7", when=JAN, stated=JAN, version="v")
    assert subject_of(row, rules) == "sales/7"


def test_what_zeros_follow_a_gzip_member_is_padding(tmp_path: Path) -> None:
    file = tmp_path / "f.gz"
    file.write_bytes(gzip.compress(b"id,name,email\n1,Ann,\n") + b"\x00" * 600)
    assert shape_of(file, contract(), tmp_path, Limits(), "f.gz").header == ("id", "name", "email")


def test_a_file_beyond_the_limit_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"id,name,email\n")
    with pytest.raises(RefusedFile) as caught:
        shape_of(file, contract(), tmp_path, Limits(largest=5), "f")
    assert caught.value.reason == FileRefusal.TOO_LARGE


def test_a_dry_run_of_json_lines_has_no_header_to_check(tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    file.write_text('{"id": 1, "name": "Ann", "email": null}\n')
    rules = contract(format={"kind": "jsonl"})
    assert rehearse(rules, file, Means(tmp_path / "work", 1), JAN).tally.loaded == 1


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"type": "boolean", "default": True}, True),
        ({"type": "boolean", "default": False}, False),
        ({"type": "integer", "default": 7}, 7),
        ({"default": "o'clock"}, "o'clock"),
    ],
)
def test_a_default_of_any_type_stands_in_for_an_empty_value(rule: dict[str, Any], value: Any) -> None:
    mill = Mill(contract(fields={"custom.x": {"column": "x", **rule}}))
    mill.drop("id,x\n1,\n")
    assert mill.values()["people/1"]["custom.x"] == value


def test_a_time_that_names_its_zone_by_its_form_is_taken_by_it() -> None:
    rules = contract(stated="said", stated_format="%d.%m.%Y %H:%M %z", time_zone="America/New_York")
    mill = Mill(rules)
    report = mill.drop("id,name,email,said\n1,Ann,,01.02.2026 12:00 +0200\n")
    assert mill.rows(report)[0].stated == datetime(2026, 2, 1, 10, tzinfo=UTC)


def test_a_drift_is_not_told_of_few_rows_nor_within_the_limits() -> None:
    mill = Mill()
    rows = [f"{n},N{n},n{n}@example.org\n" for n in range(60)]
    mill.drop("id,name,email\n" + "".join(rows), day=1)
    report = mill.drop("id,name,email\n" + "".join(row.replace("N", "M") for row in rows), day=2)
    assert report.drift == []
    report = mill.drop("id,name,email\n" + "".join(f"{n},K{n},\n" for n in range(40)), day=3)
    assert report.drift == []  # a third fewer rows, and too few of them to speak of shares
    report = mill.drop("id,name,email\n" + "".join(f"{n},L{n},\n" for n in range(60)), day=4)
    assert [(drift.kind, drift.column) for drift in report.drift] == []


def test_a_person_source_may_say_the_same_of_everybody() -> None:
    mill = Mill(contract(constants={"country": "US"}))
    mill.drop("id,name,email\n1,Ann,\n")
    assert mill.values() == {"people/1": {"name": "Ann", "country": "US"}}


def test_a_file_moved_from_pending_to_applied_is_fetched_once_and_a_local_copy_is_kept(
    tmp_path: Path,
) -> None:
    lake = InMemoryLake()
    lake.put(applied_path("people", "one"), b"1")
    lake.put(pending_path("people", "two"), b"2")
    lake.put(pending_path("people", "own"), b"3")
    (tmp_path / "applied-one.parquet").write_bytes(b"before")
    found = fetch_segments("people", "own", True, lake, tmp_path)
    assert [path.read_bytes() for path in (*found.applied, *found.pending)] == [b"before", b"2"]


def test_uniting_again_what_is_united_keeps_it(tmp_path: Path) -> None:
    mill = Mill()
    for day in range(1, 4):
        mill.drop(f"id,name,email\n{day},Ann,\n", day=day)
    for _ in range(2):
        unite("people", mill.lake, tmp_path, many=0)
    assert len(mill.lake.list("source_state/people/applied/")) == 1
    assert mill.drop("id,name,email\n1,Ann,\n2,Ann,\n", day=9).unchanged == 2


def test_a_large_file_is_read_twice_and_ends_as_a_small_one(tmp_path: Path) -> None:
    before = tmp_path / "before.csv"
    before.write_text("id,name,email\n" + "".join(f"{n},Ann,a{n}@example.org\n" for n in range(50)))
    file = tmp_path / "f.csv"
    file.write_text(
        "id,name,email\n"
        + "".join(f"{n},{'Bob' if n % 5 == 0 else 'Ann'},a{n}@example.org\n" for n in range(40))
        + "\n5,Cid,c@example.org\n60,Dan,d\n61,Eve,e@example.org\n5,Cid,c@example.org\n"
    )
    rules = contract(full_dump=True, disappeared="close", drift={"gone": 1.0})
    kept, again = (
        rehearse(rules, file, Means(tmp_path / str(large), 1, large=large, part=5), NOW, before)
        for large in (1 << 30, 0)
    )
    assert kept == again
    assert (kept.tally.loaded, kept.tally.quarantined, kept.tally.duplicates) == (9, 1, 1)
