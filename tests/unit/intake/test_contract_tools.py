"""Drafting a contract from a sample, and trying one on a file before anything is loaded."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from courtesy.errors import RefusedFile, RefusedRule
from courtesy.intake.contract import SourceContract, file_date_pattern
from courtesy.intake.difference import Means
from courtesy.intake.rehearse import rehearse
from courtesy.intake.suggest import suggest
from tests.unit.intake.mill import contract

DAY = datetime(2026, 1, 2, tzinfo=UTC)

PEOPLE = "Id;First Name;Mail;Born;Points;Zip\n" + "".join(
    f"{n};Jürgen;p{n}@example.org;{n % 28 + 1:02}.02.1980;{n};0{n}123\n" for n in range(60)
)


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (PEOPLE.encode("cp1252"), {"kind": "csv", "encoding": "cp1252", "delimiter": ";"}),
        (PEOPLE.encode("utf-8-sig"), {"kind": "csv", "encoding": "utf-8-sig", "delimiter": ";"}),
        (PEOPLE.replace(";", "\t").encode("utf-16"), {"kind": "tsv", "encoding": "utf-16"}),
        (
            gzip.compress(PEOPLE.encode()),
            {"kind": "csv", "encoding": "utf-8", "delimiter": ";", "gzip": True},
        ),
    ],
)
def test_a_draft_loads_the_file_that_it_was_drafted_from(
    tmp_path: Path, content: bytes, form: dict[str, Any]
) -> None:
    file = tmp_path / "People 2026.csv"
    file.write_bytes(content)
    draft = suggest(file)
    assert draft.contract["format"] == form
    assert draft.contract["name"] == "people_2026"
    assert draft.contract["key"] == ["Id"]
    assert draft.contract["fields"]["date_of_birth"] == {"column": "Born", "date_format": "%d.%m.%Y"}
    assert draft.contract["fields"]["postcode"] == {"column": "Zip"}
    done = rehearse(SourceContract.model_validate(draft.contract), file, Means(tmp_path / "work"), DAY)
    assert (done.tally.rows_in, done.tally.loaded) == (60, 60)
    assert done.rows[0].person is not None
    assert done.rows[0].person["given_name"] == "Jürgen"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("names.csv", "id,名前,住所\n1,山田,東京\n2,田中,大阪\n"),
        ("collide.csv", "id,A b,A-b,a_b\n1,x,p,s\n2,y,q,t\n"),
        ("plain.csv.gz", "id,town\n1,Ulm\n2,Bonn\n"),
        ("all*.csv", "id,town\n1,Ulm\n2,Bonn\n"),
    ],
)
def test_odd_names_of_columns_and_files_keep_every_column_and_row(
    tmp_path: Path, name: str, content: str
) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    (tmp_path / "all_others.csv").write_text(content, encoding="utf-8")
    drafted = SourceContract.model_validate(suggest(file).contract)
    assert len(drafted.fields) == content.splitlines()[0].count(",")
    done = rehearse(drafted, file, Means(tmp_path / "work"), datetime(2026, 5, 1, tzinfo=UTC))
    assert done.tally.loaded == done.tally.rows_in == 2


def test_a_draft_of_json_lines_and_of_nothing(tmp_path: Path) -> None:
    file = tmp_path / "web.jsonl"
    file.write_text('{"account": "a1", "email": "x@example.org"}\n{"account": "a2", "age": 7}\n')
    draft = suggest(file)
    assert draft.contract["format"]["kind"] == "jsonl"
    assert (draft.contract["key"], list(draft.contract["fields"])) == (["account"], ["email", "custom.age"])
    for content in (b"", b"\n\n", gzip.compress(b"a,b\n1,2\n")[:-9]):
        file.write_bytes(content)
        with pytest.raises(RefusedFile):
            suggest(file)


def test_a_rehearsal_against_an_earlier_file_tells_new_from_changed(tmp_path: Path) -> None:
    before, now = tmp_path / "before.csv", tmp_path / "now.csv"
    before.write_text("id,name,email\n1,Ann,\n2,Bob,\n")
    now.write_text("id,name,email\n1,Anna,\n2,Bob,\n3,Cleo,\n4,D,nowhere\n")
    done = rehearse(contract(), now, Means(tmp_path / "work"), DAY, before)
    tally = done.tally
    assert (tally.loaded, tally.changed, tally.unchanged, tally.quarantined) == (2, 1, 1, 1)
    assert [(row.line, row.faults[0].column) for row in done.bad] == [(5, "email")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fields": {"surnmae": {"column": "x"}}}, "did you mean 'surname'"),
        ({"record": "case", "division": "cars"}, "unknown case field"),
        ({"format": {"kind": "fixed", "columns": ["a"], "widths": []}}, "one width per column"),
        ({"format": {"kind": "csv", "encoding": "utf-99"}}, "not known"),
        ({"key": []}, "names at least one column"),
        ({"refers_to": "crm"}, "`refers_to` needs `customer_key`"),
        ({"record": "transaction", "division": "cars", "fields": {}}, "nobody knows whose it is"),
        ({"record": "transaction", "fields": {}, "customer_key": "c"}, "`division` is missing"),
        (
            {"record": "interaction", "division": "cars", "fields": {}, "customer_key": "c"},
            "needs the field 'channel'",
        ),
        ({"key": "row", "full_dump": True, "disappeared": "close"}, "cannot disappear"),
        ({"fields": {"name": {"column": "n", "decimal": ",", "thousands": ","}}}, "same mark"),
        ({"format": {"kind": "csv", "header": False}}, "without a header needs `columns`"),
        ({"format": {"kind": "fixed", "columns": ["a", "b"], "widths": [3, 0]}}, "at least 1 each"),
        ({"format": {"kind": "csv", "header": False, "columns": ["a", "a"]}}, "names a column twice"),
        ({"constants": {"colour": "red"}}, "unknown person field 'colour'"),
        ({"person": {"name": {"column": "n"}}}, "maps its columns under `fields`"),
        (
            {
                "record": "permission",
                "division": "cars",
                "customer_key": "c",
                "disappeared": "close",
                "fields": {name: {"column": name} for name in ("purpose", "channel", "status")},
            },
            "was not withdrawn",
        ),
    ],
)
def test_a_contract_that_does_not_hold_together_says_why(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        contract(**changes)


def test_the_date_in_a_name_is_found_by_its_form() -> None:
    found = file_date_pattern("sales_%Y%m%d*.csv").match("sales_20260131_late.csv")
    assert found is not None
    assert found.groupdict() == {"Y": "2026", "m": "01", "d": "31"}
    with pytest.raises(RefusedRule, match="not %B"):
        file_date_pattern("sales_%B.csv")


def test_a_contract_has_a_schema_for_editors() -> None:
    schema = SourceContract.model_json_schema()
    assert set(schema["required"]) == {"name", "record", "format", "key", "fields"}
