"""What a draft makes of the columns, values and oddities of a sample, and which doubts it leaves to a person."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from courtesy.errors import RefusedFile
from courtesy.intake.suggest import Suggestion, suggest


def draft(folder: Path, content: str | bytes, name: str = "sample.csv") -> Suggestion:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return suggest(file)


def column_of(*values: str) -> str:
    """A file whose column `x` holds these values."""
    return "id,x\n" + "".join(f"k{n},{value}\n" for n, value in enumerate(values))


@pytest.mark.parametrize(
    ("values", "rule", "doubt"),
    [
        (["1", "20", "-3"], {"type": "integer"}, ""),
        (["01", "02", "33"], {}, ""),  # leading zeros: a code, no number
        (["1.5", "2", ".25"], {"type": "decimal"}, "`money` where it is an amount"),
        (['"1,5"', "2", '"3,25"'], {"type": "decimal", "decimal": ","}, "decimal comma"),
        (["yes", "no", "Yes"], {"type": "boolean"}, ""),
        (["red", "blue", "red"], {}, ""),
        (["", "", ""], {}, ""),
        (["2026-01-02", "2026-02-03", "2026-11-30"], {"type": "date"}, ""),
        (["13/01/2026", "02/03/2026"], {"type": "date", "date_format": "%d/%m/%Y"}, ""),
        (["01/02/2026", "02/03/2026"], {"type": "date", "date_format": "%d/%m/%Y"}, "%m/%d/%Y fits as well"),
        (["20260102", "20260203"], {"type": "date", "date_format": "%Y%m%d"}, ""),
        (
            ["2026-01-02"] * 19 + ["soon"],
            {"type": "date", "invalid": "empty"},
            "5.0% of the values are no such date",
        ),
    ],
)
def test_values_tell_the_type(tmp_path: Path, values: list[str], rule: dict[str, Any], doubt: str) -> None:
    made = draft(tmp_path, column_of(*values))
    assert made.contract["fields"]["custom.x"] == {"column": "x"} | rule
    said = [text for place, text in made.doubts if place.startswith("fields.custom.x")]
    assert len(said) == bool(doubt)
    assert doubt in " ".join(said)


def test_birthdays_without_a_form_stay_text(tmp_path: Path) -> None:
    made = draft(tmp_path, "id,dob\n1,spring\n2,autumn\n")
    assert made.contract["fields"]["date_of_birth"] == {"column": "dob", "type": "text"}
    assert ("fields.date_of_birth", "no form of dates fits; taken as text") in made.doubts


def test_a_name_that_comes_twice_and_a_line_beyond_measure_are_doubts(tmp_path: Path) -> None:
    file = tmp_path / "twice.csv"
    file.write_text("id,name,name\n1,a,b\n2,c,d\n3," + "x" * 150_000 + ",e\n")
    doubts = " ".join(text for _, text in suggest(file).doubts)
    assert "'name' twice" in doubts
    assert "1 lines of more than 100,000 characters" in doubts


def test_of_two_columns_for_one_field_the_first_has_it(tmp_path: Path) -> None:
    fields = draft(tmp_path, "id,mail,email\n1,a@x.org,b@x.org\n").contract["fields"]
    assert {name: rule["column"] for name, rule in fields.items()} == {
        "email": "mail",
        "custom.email": "email",
    }


@pytest.mark.parametrize(
    ("content", "form", "place"),
    [
        ("one 1 a\ntwo 2 b\nthree 3 c\n", {"kind": "whitespace", "header": False}, "format.columns"),
        ("name number\nann 17\n", {"kind": "whitespace"}, "key"),
        ("0000000001ANN____LEE____\n0000000002BOB____KIM____\n", {"kind": "csv"}, "format"),
        ("id, name\n1, Ann\n2, Bob\n", {"kind": "csv", "delimiter": ",", "trim": True}, "format.trim"),
        (
            "Sales of May\n\nid;name\n1;Ann\n2;Bob\n",
            {"kind": "csv", "delimiter": ";", "skip": 1},
            "format.skip",
        ),
        ("id|name\n1|Ann\n2|Bob|x\n3|Cleo\n", {"kind": "csv", "delimiter": "|"}, "format"),
        ("1,ann@x.org\n2,bob@x.org\n", {"kind": "csv", "delimiter": ",", "header": False}, "format.columns"),
        ("name\nAnn\nBob\n", {"kind": "csv"}, "key"),
    ],
)
def test_lines_tell_the_format(tmp_path: Path, content: str, form: dict[str, Any], place: str) -> None:
    made = draft(tmp_path, content)
    found = dict(made.contract["format"])
    found.pop("encoding")
    if form.get("header") is False:
        assert found.pop("columns")[0] == "column1"
    assert found == form
    assert place in [where for where, _ in made.doubts]


def test_without_a_unique_column_rows_are_known_by_their_content(tmp_path: Path) -> None:
    made = draft(tmp_path, "a,b\n1,2\n1,2\n")
    assert made.contract["key"] == "row"
    assert any(place == "key" and "no column is unique" in text for place, text in made.doubts)


def test_a_column_that_is_called_a_number_goes_before_another_unique_one(tmp_path: Path) -> None:
    assert draft(tmp_path, "name,customer_no\nAnn,7\nBob,8\n").contract["key"] == ["customer_no"]
    assert draft(tmp_path, "name,colour\nAnn,red\nBob,red\n").contract["key"] == ["name"]


def test_a_parquet_file_has_names_and_values(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(
            f"COPY (SELECT 'c' || i AS id, CASE WHEN i > 1 THEN i END AS points FROM range(5) t(i)) TO '{tmp_path}/a.parquet'"
        )
    made = suggest(tmp_path / "a.parquet")
    assert made.contract["format"] == {"kind": "parquet"}
    assert (made.contract["key"], made.contract["fields"]) == (
        ["id"],
        {"custom.points": {"column": "points", "type": "integer"}},
    )


def test_a_sample_that_ends_within_a_character_is_utf_8_all_the_same(tmp_path: Path) -> None:
    head = "id,name\n1,"
    made = draft(tmp_path, head + "x" * ((1 << 20) - len(head) - 1) + "ü\n2,Bob\n")
    assert made.contract["format"]["encoding"] == "utf-8"


def test_a_line_that_is_no_object_is_left_out_of_json_lines(tmp_path: Path) -> None:
    made = draft(
        tmp_path, '{"id": "1", "mail": "a@x.org"}\n{"id": "2", "mail": null}\n{torn\n[1]\n', "web.jsonl"
    )
    assert (made.contract["key"], list(made.contract["fields"])) == (["id"], ["email"])


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"PAR1" + b"x" * 50 + b"PAR1", "f.parquet", "cut off or damaged"),
        (b"x" * 1_100_000 + b"\n1\n", "f.csv", "no header"),
        ("id,name\n".encode("utf-16-le"), "f.csv", "NUL"),
        (b'[{"id": 1}]\n', "f.json", "one object on each line"),
        (b"y" * 200_000 + b"\n", "f.csv", "cannot be taken apart"),
        (b"PK\x03\x04" + b"x" * 30, "f.csv", "zip archive"),
        (b"\x1f\x8b\x08\x00" + b"x" * 30, "f.csv.gz", "cut off or damaged"),
    ],
)
def test_what_cannot_be_drafted_from_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, name: str, told: str
) -> None:
    with pytest.raises(RefusedFile, match=told):
        draft(tmp_path, content, name)


def test_a_line_nested_too_deep_is_no_object(tmp_path: Path) -> None:
    deep = '{"id": 1, "x": ' + "[" * 100_000 + "]" * 100_000 + "}"
    found = draft(tmp_path, f'{{"id": 1, "name": "Ann"}}\n{deep}\n', "f.jsonl")
    assert found.contract["format"]["kind"] == "jsonl"


def test_a_byte_of_another_encoding_at_the_end_of_a_short_file_is_not_a_cut_character(tmp_path: Path) -> None:
    assert draft(tmp_path, b"id,name\n1,Zo\xeb\n").contract["format"]["encoding"] == "cp1252"
    cut = b"id,name\n" + b"1,Ann\n" * 174_761
    cut = cut[: (1 << 20) - 1] + "ë".encode() + b"\n"
    assert draft(tmp_path, cut).contract["format"]["encoding"] == "utf-8"
