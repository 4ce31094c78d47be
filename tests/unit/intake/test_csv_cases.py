"""The awkward CSV files of the reference set: loaded exactly, or reported with line and reason; never guessed."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from courtesy.intake.report import FileReport
from courtesy.outcomes import FileOutcome
from tests.unit.intake.mill import Mill, contract

CASES = Path(__file__).parents[3] / "../shared/data/csv-cases"
HERE = CASES.joinpath("expected.json").exists()
EXPECTED: list[dict[str, Any]] = (
    json.loads(CASES.joinpath("expected.json").read_text())["cases"] if HERE else []
)
SPECTRUM = sorted(path.stem for path in CASES.glob("csv-spectrum/*.csv"))

pytestmark = pytest.mark.skipif(
    not HERE, reason="the reference set of awkward CSV files is not beside the checkout"
)


def read(file: str, columns: list[str], **form: Any) -> tuple[Mill, FileReport]:
    """Read a file with a contract that takes every column as it stands, and keys rows by their content."""
    mill = Mill(
        contract(
            name="case",
            format={"kind": "csv", **form},
            key="row",
            fields={f"custom.c{at}": {"column": column} for at, column in enumerate(columns)},
        )
    )
    return mill, mill.drop(CASES.joinpath(file).read_bytes())


def records(mill: Mill, report: FileReport, width: int) -> list[list[str]]:
    """The loaded rows as the lists of their values, in the order of the file."""
    rows = sorted(mill.rows(report), key=lambda row: row.line)
    return [[str((row.person or {}).get(f"custom.c{at}") or "") for at in range(width)] for row in rows]


def header_of(case: dict[str, Any]) -> list[str]:
    text = CASES.joinpath(case["file"]).read_bytes().decode(case["encoding"])
    return [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=case["delimiter"]))]


@pytest.mark.parametrize(
    "case", [case for case in EXPECTED if case["class"] == "clean"], ids=lambda case: str(case["file"])
)
def test_a_clean_file_is_loaded_exactly(case: dict[str, Any]) -> None:
    header = case.get("header") or header_of(case)
    mill, report = read(case["file"], header, encoding=case["encoding"], delimiter=case["delimiter"])
    assert (report.rows_in, report.loaded, report.quarantined) == (
        case["data_records"],
        case["data_records"],
        0,
    )
    found = records(mill, report, len(header))
    if "records" in case:
        assert found == case["records"]
    else:
        assert (found[0], found[-1]) == (case["first_record"], case["last_record"])


@pytest.mark.parametrize("name", SPECTRUM)
def test_the_spectrum_is_read_as_its_authors_say(name: str) -> None:
    truth: list[dict[str, str]] = json.loads(CASES.joinpath(f"csv-spectrum/{name}.json").read_text())
    header = list(truth[0])
    mill, report = read(f"csv-spectrum/{name}.csv", header)
    assert [dict(zip(header, row, strict=True)) for row in records(mill, report, len(header))] == truth


@pytest.mark.parametrize(
    ("file", "columns", "loaded", "bad"),
    [
        ("csvkit/bad.csv", 3, 1, [2, 3]),
        ("csvkit/test_extra_header.csv", 4, 0, [2]),
        ("frictionless-py/defective-rows.csv", 3, 0, [2, 3]),
    ],
)
def test_misfit_rows_are_quarantined_by_line_and_the_rest_loads(
    file: str, columns: int, loaded: int, bad: list[int]
) -> None:
    case = next(case for case in EXPECTED if case["file"] == file)
    mill, report = read(file, header_of(case))
    rows = mill.quarantined(report)
    assert (report.loaded, [row.line for row in rows]) == (loaded, bad)
    assert {fault.reason for row in rows for fault in row.faults} == {"columns"}
    assert {fault.expected for row in rows for fault in row.faults} == {f"{columns} values"}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("frictionless-py/blank-headers.csv", "column 2 of the header has no name"),
        ("frictionless-py/duplicate-headers.csv", "the header names 'id' 3 times"),
    ],
)
def test_a_header_that_would_overwrite_a_column_is_refused(file: str, said: str) -> None:
    _, report = read(file, ["id", "age"])
    assert (report.outcome, report.reason, report.line) == (FileOutcome.REFUSED, "header", 1)
    assert said in report.text


def test_a_line_of_separators_is_a_row_without_a_key() -> None:
    mill = Mill(contract(name="case", fields={"name": {"column": "name"}, "custom.age": {"column": "age"}}))
    report = mill.drop(CASES.joinpath("frictionless-py/blank-rows.csv").read_bytes())
    [row] = mill.quarantined(report)
    assert (report.loaded, row.line, row.faults[0].column, row.faults[0].reason) == (2, 4, "id", "empty")


def test_blanks_before_a_quote_are_quarantined_unless_the_contract_trims() -> None:
    mill, report = read("frictionless-py/escaping.csv", ["ID", "Test"])
    assert (report.loaded, [row.line for row in mill.quarantined(report)]) == (0, [2, 3, 4])
    mill, report = read("frictionless-py/escaping.csv", ["ID", "Test"], trim=True)
    assert records(mill, report, 2) == [["1", "Test line 1"], ["2", 'Test " line 2']]
    [row] = mill.quarantined(report)
    assert (row.line, row.faults[0].column, row.faults[0].reason) == (4, "Test", "torn_quote")


def test_a_quoted_value_after_a_blank_is_one_value_where_the_contract_trims() -> None:
    columns = ["date", "another date", "temperature", "place"]
    mill, report = read("messytables/complex.csv", columns, trim=True)
    assert records(mill, report, 4)[-1] == ["2011-01-03", "", "6,000,000", "Galway"]
    mill, report = read("messytables/complex.csv", columns)
    assert (report.loaded, [row.line for row in mill.quarantined(report)]) == (2, [4])


def test_a_preamble_is_refused_with_a_reason_and_skipped_where_the_contract_says_so() -> None:
    columns = ["Year", *(str(year) for year in range(2000, 2008))]
    _, report = read("messytables/excel_pasting.csv", columns, encoding="cp1252")
    assert (report.outcome, report.reason) == (FileOutcome.REFUSED, "header")
    mill, report = read("messytables/excel_pasting.csv", columns, encoding="cp1252", skip=3)
    found = records(mill, report, 9)
    assert report.rows_in == report.loaded == 17
    assert found[9][:2] == ["Machinery and \nequipment", "27,173"]


@pytest.mark.parametrize("file", ["csvkit/test_latin1.csv", "frictionless-py/latin1.csv"])
def test_an_encoding_that_is_not_declared_is_refused_with_the_line(file: str) -> None:
    _, report = read(file, ["a"])
    assert (report.outcome, report.reason, report.line) == (FileOutcome.REFUSED, "encoding", 3)
    assert "byte 0xA9 is not utf-8" in report.text


def test_every_case_of_the_reference_set_is_looked_at() -> None:
    classes = {case["class"] for case in EXPECTED}
    assert len(EXPECTED) + len(SPECTRUM) == 31
    assert classes == {"clean", "reject-rows", "header-problem", "blank-rows", "ambiguous", "preamble"}
