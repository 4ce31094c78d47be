"""Records out of awkward text, line by line: what is joined, what is torn, and why."""

from pathlib import Path

import pytest

from courtesy.intake.contract import FileFormat
from courtesy.intake.records import Torn, broken_column, straighten

CSV = FileFormat(kind="csv")


def straight(folder: Path, text: str, form: FileFormat = CSV, width: int = 3) -> tuple[list[str], list[Torn]]:
    file, out = folder / "in", folder / "out"
    file.write_bytes(text.encode())
    count, torn = straighten(file, form, width, 1, out)
    lines = out.read_text(encoding="utf-8").splitlines()
    assert count == len(lines)
    return lines, torn


def test_a_line_longer_than_a_megabyte_is_torn_and_its_text_cut(tmp_path: Path) -> None:
    lines, torn = straight(tmp_path, "a,b,c\n" + "x" * ((1 << 20) + 1) + "\nd,e,f\n")
    assert [line.split("\t")[0] for line in lines] == ["1", "3"]
    assert [(t.line, t.reason, len(t.text)) for t in torn] == [(2, "too_long", 1000)]


@pytest.mark.parametrize("mark", ["\x1d", "\x1e"])
def test_characters_that_stand_for_line_breaks_are_not_let_in(tmp_path: Path, mark: str) -> None:
    _, torn = straight(tmp_path, f"a,b{mark},c\nd,e,f\n")
    assert [(t.line, t.reason) for t in torn] == [(1, "control_character")]


def test_blank_lines_and_mixed_line_ends_are_no_rows(tmp_path: Path) -> None:
    lines, torn = straight(tmp_path, "a,b,c\r\n\n  \nd,e,f\r")
    assert (lines, torn) == (["1\ta,b,c", "4\td,e,f"], [])


def test_a_value_of_more_than_five_hundred_lines_is_a_torn_quote(tmp_path: Path) -> None:
    lines, torn = straight(tmp_path, '1,"x\n' + "y\n" * 600 + '",z\n')
    assert torn[0] == Torn(1, 1, "torn_quote", '1,"x')
    assert len(lines) + len(torn) == 602


def test_a_joined_record_of_another_width_is_torn(tmp_path: Path) -> None:
    lines, torn = straight(tmp_path, '1,"x\ny",2,3\n')
    assert lines == []
    assert [(t.line, t.column) for t in torn] == [(1, 1), (2, 0)]


def test_where_values_are_on_one_line_only_nothing_is_joined(tmp_path: Path) -> None:
    form = FileFormat(kind="csv", multiline=False)
    _, torn = straight(tmp_path, '1,"x\ny",2\n', form)
    assert [t.line for t in torn] == [1, 2]


def test_without_a_quote_character_quotes_are_text(tmp_path: Path) -> None:
    lines, torn = straight(tmp_path, '1,"x,2\r\n3,y",4\n', FileFormat(kind="csv", quote=""))
    assert (lines, torn) == (['1\t1,"x,2', '2\t3,y",4'], [])


@pytest.mark.parametrize(
    ("text", "column"),
    [('"a"x,b', 0), ('a,"b"x,c', 1), ('a,b,"c', 2), ('"a', 0), ('a,b"c,d', 1)],
)
def test_the_broken_value_is_pointed_at(text: str, column: int) -> None:
    assert broken_column(text, CSV) == column
