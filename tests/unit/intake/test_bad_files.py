"""What sources really drop: each gets a clear reason that names file, line and column where there is one; nothing is lost."""

import gzip
import random

import pytest

from courtesy.errors import RefusedFile
from courtesy.intake.report import Drop
from courtesy.intake.shape import shape_of
from courtesy.intake.unpack import Limits
from courtesy.outcomes import FileOutcome
from tests.unit.intake.mill import Mill, contract

GOOD = "id,name,email\n1,Ann,ann@example.org\n2,Bob,bob@example.org\n3,Cleo,\n"


def test_a_wrong_header_names_the_nearest_column() -> None:
    report = Mill().drop("id,name,emial\n1,Ann,a@example.org\n")
    assert (report.outcome, report.reason, report.line, report.column) == (
        FileOutcome.REFUSED,
        "header",
        1,
        "email",
    )
    assert report.text == (
        "people/2026/01/01/file.csv, line 1, column 'email': column 'email' is missing; "
        "the nearest that is there is 'emial'"
    )


def test_an_unknown_column_is_refused_where_the_contract_says_so() -> None:
    report = Mill(contract(unknown_columns="refuse")).drop("id,name,email,mail\n")
    assert (report.reason, report.column) == ("header", "mail")
    assert "the contract has 'email'" in report.text


def test_an_unknown_column_is_kept_as_a_custom_attribute_where_the_contract_says_so() -> None:
    mill = Mill(contract(unknown_columns="keep"))
    mill.drop("id,name,email,shoe\n1,Ann,,41\n")
    assert mill.values() == {"people/1": {"name": "Ann", "custom.shoe": "41"}}


def test_a_missing_column_is_empty_where_the_contract_says_so() -> None:
    mill = Mill(contract(missing_columns="empty"))
    report = mill.drop("id,name\n1,Ann\n")
    assert mill.values() == {"people/1": {"name": "Ann"}}
    assert [(drift.kind, drift.column) for drift in report.drift] == [("missing_column", "email")]


@pytest.mark.parametrize("kept", [1, 10, 17, 30])
def test_a_truncated_gzip_is_refused_whole(kept: int) -> None:
    mill = Mill(contract(format={"kind": "csv", "gzip": True}))
    report = mill.drop(gzip.compress(GOOD.encode())[: kept + 2])
    assert (report.outcome, report.reason, report.rows_in) == (FileOutcome.REFUSED, "broken_gzip", 0)
    assert "cut off" in report.text
    assert mill.lake.list("staged/") == mill.lake.list("source_state/") == []


def test_a_damaged_gzip_is_refused_whole() -> None:
    packed = bytearray(gzip.compress(GOOD.encode()))
    packed[-6] ^= 0xFF  # the checksum
    assert Mill().drop(bytes(packed)).reason == "broken_gzip"


def test_a_gzip_of_several_members_is_read_whole() -> None:
    half = len(GOOD) // 2
    mill = Mill()
    assert mill.drop(gzip.compress(GOOD[:half].encode()) + gzip.compress(GOOD[half:].encode())).loaded == 3


def test_a_file_that_is_not_gzip_although_the_contract_says_so_is_refused() -> None:
    assert Mill(contract(format={"kind": "csv", "gzip": True})).drop(GOOD).reason == "not_gzip"


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: object) -> None:
    mill = Mill()
    bomb = gzip.compress(b"id,name,email\n" + b"0" * (80 << 20), compresslevel=9)
    report = mill.drop(bomb)
    assert (report.reason, report.rows_in) == ("absurd_ratio", 0)


def test_a_file_beyond_the_limit_is_refused_packed_or_not(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    for content in (GOOD.encode(), gzip.compress(GOOD.encode())):
        file = folder / "drop"
        file.write_bytes(content)
        with pytest.raises(RefusedFile, match="larger than 40 bytes"):
            shape_of(file, contract(), folder, Limits(largest=40), "x")


def test_a_torn_quote_costs_its_row_and_no_other() -> None:
    mill = Mill()
    report = mill.drop(
        'id,name,email\n1,"Ann,a@example.org\n2,Bob,bob@example.org\n3,"Cleo, the third",\n4,D"a,\n'
    )
    rows = mill.quarantined(report)
    assert [(row.line, row.faults[0].column, row.faults[0].reason) for row in rows] == [
        (2, "name", "torn_quote"),
        (5, "name", "torn_quote"),
    ]
    assert (report.rows_in, report.loaded, report.quarantined) == (4, 2, 2)
    assert mill.values()["people/3"] == {"name": "Cleo, the third"}


def test_a_torn_quote_at_the_end_of_the_file_costs_its_row_and_no_other() -> None:
    mill = Mill()
    report = mill.drop('id,name,email\n1,Ann,\n2,"Bob,\n')
    assert [row.line for row in mill.quarantined(report)] == [3]
    assert (report.rows_in, report.loaded) == (2, 1)


def test_a_value_over_several_lines_is_one_value_and_the_lines_after_it_keep_their_numbers() -> None:
    mill = Mill()
    report = mill.drop('id,name,email\r\n1,"Ann\r\nof ""X""",\r\n\r\n2,Bob,no address\r\n3,Cleo,\r\n')
    assert mill.values()["people/1"] == {"name": 'Ann\r\nof "X"'}
    assert [row.line for row in mill.quarantined(report)] == [5]
    assert sorted(row.line for row in mill.rows(report)) == [2, 6]


def test_values_on_one_line_only_where_the_contract_says_so() -> None:
    mill = Mill(contract(format={"kind": "csv", "multiline": False}))
    report = mill.drop('id,name,email\n1,"Ann\nB",\n2,Bob,\n')
    assert ([row.line for row in mill.quarantined(report)], report.loaded) == ([2, 3], 1)


def test_an_unknown_source_names_the_nearest() -> None:
    report = Mill().drop(GOOD, source="poeple")
    assert (report.outcome, report.reason, report.source) == (FileOutcome.REFUSED, "unknown_source", "poeple")
    assert report.text == "poeple/2026/01/01/file.csv: unknown source 'poeple'; did you mean 'people'?"


def test_a_file_of_no_bytes_is_refused_and_a_header_alone_is_an_empty_feed() -> None:
    mill = Mill()
    assert mill.drop("").reason == "empty_file"
    report = mill.drop("id,name,email\n", name="b.csv")
    assert (report.outcome, report.rows_in, report.reason) == (FileOutcome.LOADED, 0, "")
    assert mill.drop("\n\n", name="c.csv").reason == "header"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("people/2026/01/01/", "folder_marker"),
        ("people/", "folder_marker"),
        ("file.csv", "key_outside_layout"),
        ("people/file.csv", "key_outside_layout"),
        ("people/2026/13/01/file.csv", "key_outside_layout"),
        ("people/2026/01/01/deep/file.csv", "key_outside_layout"),
    ],
)
def test_a_key_that_is_no_drop_is_refused_and_recorded(key: str, reason: str) -> None:
    mill = Mill()
    mill.drops.put(key, b"")
    report = mill.read(Drop(key, 0, "1"))
    assert (report.outcome, report.reason) == (FileOutcome.REFUSED, reason)
    assert key in report.text
    assert mill.lake.list("outcomes/files/") == [f"outcomes/files/{report.source}/{report.file_id}.json"]


def test_a_file_deleted_before_it_was_read_is_refused() -> None:
    assert Mill().read(Drop("people/2026/01/01/gone.csv", 10, "1")).reason == "missing"


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"file": "crm_*.csv"}, "people.csv", "file_name"),
        ({"file_date": "people_%Y%m%d.csv"}, "people_2026.csv", "file_name"),
        ({"file_date": "people_%Y%m%d.csv"}, "people_20261341.csv", "file_name"),
    ],
)
def test_a_name_that_the_contract_does_not_take_is_refused(
    changes: dict[str, str], name: str, reason: str
) -> None:
    assert Mill(contract(**changes)).drop(GOOD, name=name).reason == reason


def test_the_same_file_twice_is_counted_and_loads_nothing() -> None:
    mill = Mill()
    first = mill.drop(GOOD + "4,Dora,nowhere\n")
    assert (first.outcome, first.loaded, first.quarantined) == (FileOutcome.LOADED, 3, 1)
    for day, name in ((1, "file.csv"), (1, "again.csv"), (2, "file.csv")):
        report = mill.drop(GOOD + "4,Dora,nowhere\n", day=day, name=name)
        assert (report.outcome, report.rows_in, report.unchanged) == (FileOutcome.REPEATED, 4, 4)
        assert report.balanced
        assert report.same_as == first.file_id
        assert mill.rows(report) == []


def test_the_news_of_one_file_delivered_twice_is_one_file() -> None:
    mill = Mill()
    first = mill.drop(GOOD, put="one", apply=False)
    again = mill.read(Drop("people/2026/01/01/file.csv", len(GOOD), "one"))
    assert again == first
    assert len(mill.lake.list("outcomes/files/")) == 1
    done = mill.apply(first)
    assert mill.read(Drop("people/2026/01/01/file.csv", len(GOOD), "one")) == done


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Zoë €"),
        ("latin-1", "Zoë"),
        ("utf-16", "Zoë 中"),
        ("utf-8-sig", "Zoë 中"),
        ("utf-8", "Zoë 中"),
    ],
)
def test_every_encoding_of_a_contract_is_read(encoding: str, text: str) -> None:
    mill = Mill(contract(format={"kind": "csv", "encoding": encoding}))
    mill.drop(f"id,name,email\n1,{text},\n".encode(encoding))
    assert mill.values() == {"people/1": {"name": text}}


def test_bytes_of_another_encoding_are_refused_with_their_line() -> None:
    report = Mill().drop("id,name,email\n1,Ann,\n2,Zoë,\n".encode("cp1252"))
    assert (report.reason, report.line) == ("encoding", 3)
    assert "0xEB is not utf-8" in report.text
    report = Mill().drop("id,name,email\n1,Zoë,\n".encode("utf-16"))
    assert report.reason == "encoding"
    report = Mill().drop("id,name,email\n1,Zoë".encode()[:-1])
    assert report.reason == "encoding"


def test_a_long_line_does_not_stop_the_file() -> None:
    mill = Mill()
    report = mill.drop(f"id,name,email\n1,{'x' * 3_000_000},\n2,Bob,\n")
    assert ([row.line for row in mill.quarantined(report)], report.loaded) == ([2], 1)
    assert report.reasons[0].reason == "too_long"


def test_a_reason_never_holds_a_value() -> None:
    secret = "secret-" + str(random.Random(1).random())  # noqa: S311
    report = Mill().drop(f"id,name,email\n1,Ann,{secret}\n")
    assert report.quarantined == 1
    assert secret not in repr(report)


def test_a_header_of_nothing_is_refused() -> None:
    report = Mill().drop("\n1,Ann,\n")
    assert (report.outcome, report.reason, report.line) == (FileOutcome.REFUSED, "header", 1)
    assert "no header with the names of the columns" in report.text


def test_a_file_that_ends_within_a_character_is_refused() -> None:
    for encoding, content in (
        ("utf-8", "id,name,email\n1,Zoë,".encode()[:-2]),
        ("utf-16", "id,name,email\n".encode("utf-16")[:-1]),
    ):
        report = Mill(contract(format={"kind": "csv", "encoding": encoding})).drop(content)
        assert (report.outcome, report.reason) == (FileOutcome.REFUSED, "encoding")


@pytest.mark.parametrize("gzipped", [True, False])
def test_what_is_no_parquet_is_refused(gzipped: bool) -> None:
    form = {"kind": "parquet", "gzip": gzipped}
    for content in (b"id,name\n1,Ann\n", b"PAR1 but nothing in it PAR1"):
        report = Mill(contract(format=form)).drop(gzip.compress(content) if gzipped else content)
        assert (report.outcome, report.reason) == (FileOutcome.REFUSED, "not_parquet")


def test_zeros_after_the_last_member_of_a_gzip_are_no_data() -> None:
    packed = gzip.compress(b"id,name,email\n1,Ann,\n") + b"\0" * 512
    assert Mill(contract(format={"kind": "csv", "gzip": True})).drop(packed).loaded == 1


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (b"PK\x03\x04rest", "zip archive"),
        (gzip.compress(gzip.compress(b"id,name,email\n", mtime=0), mtime=0), "gzip twice"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_what_people_take_for_text_is_named(start: bytes, told: str) -> None:
    report = Mill().drop(start)
    assert (report.outcome, report.reason) == (FileOutcome.REFUSED, "encoding")
    assert told in report.text


def test_a_header_that_looks_like_data_is_not_told() -> None:
    for data in ("1,Ann,a@example.org\n2,Bob,b@example.org\n", '"id,name,email\n1,Ann,ann\n'):
        report = Mill().drop(data)
        assert (report.outcome, report.reason) == (FileOutcome.REFUSED, "header")
        assert "Ann" not in report.text
        assert "looks like data" in report.text


def test_more_columns_than_are_read_refuse_the_file_and_ignored_ones_do_not_count() -> None:
    names = ",".join(["id", "name", "email", *(f"c{n}" for n in range(1_000))])
    data = f"{names}\n1,Ann,a@example.org{',x' * 1_000}\n"
    assert Mill().drop(data).loaded == 1
    report = Mill(contract(unknown_columns="keep")).drop(data)
    assert (report.outcome, report.reason) == (FileOutcome.REFUSED, "header")
    assert "1,003 columns" in report.text


def test_the_mark_between_no_values_costs_its_row_and_no_other() -> None:
    mill = Mill()
    report = mill.drop("id,name,email\n1,A\x01\x02\x03\x04n,a@example.org\n2,B\x01b,b@example.org\n")
    assert (report.rows_in, report.loaded, report.quarantined) == (2, 1, 1)
    assert [(row.line, row.faults[0].reason) for row in mill.quarantined(report)] == [
        (2, "control_character")
    ]


@pytest.mark.parametrize("key", ["   ", "\t", ""])
def test_blanks_are_no_key(key: str) -> None:
    mill = Mill()
    report = mill.drop(f"id,name,email\n{key},Ann,a@example.org\n 1\t,Bob,b@example.org\n")
    assert (report.loaded, report.quarantined) == (1, 1)
    assert list(mill.values()) == ["people/1"]
    assert [(fault.column, fault.reason) for fault in mill.quarantined(report)[0].faults] == [("id", "empty")]


@pytest.mark.parametrize("row", ["k" * 401 + ",Ann,", "1," + "n" * 100_001 + ","])
def test_a_row_that_no_table_takes_is_quarantined(row: str) -> None:
    mill = Mill()
    report = mill.drop(f"id,name,email\n{row}\n2,Bob,b@example.org\n")
    assert (report.loaded, report.quarantined) == (1, 1)
    assert [fault.reason for fault in mill.quarantined(report)[0].faults] == ["too_long"]


def test_the_number_of_a_customer_is_known_without_blanks_and_is_not_too_long() -> None:
    rules = contract(
        record="transaction",
        customer_key="who",
        fields={"amount": {"column": "amount"}, "division": {"column": "division"}},
        constants={"type": "purchase"},
    )
    mill = Mill(rules)
    report = mill.drop(f"id,who,amount,division\n1, 7 ,5,cars\n2,  ,5,cars\n3,{'9' * 401},5,cars\n")
    assert [row.customer for row in mill.rows(report)] == ["7"]
    assert [(row.line, row.faults[0].reason) for row in mill.quarantined(report)] == [
        (3, "empty"),
        (4, "too_long"),
    ]
