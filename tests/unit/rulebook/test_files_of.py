"""A rulebook's files: read, written, changed entry by entry, and made anew of a version that came without them."""

from pathlib import Path

import pytest

from courtesy.errors import RefusedRule
from courtesy.messages.compile import compile_messages
from courtesy.rulebook.files import (
    check_path,
    dump,
    files_of,
    read_files,
    with_entry,
    with_section,
    write_files,
)
from courtesy.rulebook.load import load_rulebook

SHIPPED = Path(__file__).parents[3] / "rulebook"


def test_the_shipped_files_read_back_as_the_same_rulebook(tmp_path: Path) -> None:
    files = read_files(SHIPPED)
    assert "triggers/welcome_cars.yaml" in files
    assert "messages/frames/email.mjml" in files
    assert not any(path.startswith("schemas/") for path in files)
    write_files(files, tmp_path)
    assert load_rulebook(tmp_path) == load_rulebook(SHIPPED)


def test_a_version_without_files_is_written_out_and_reads_back(tmp_path: Path) -> None:
    published = load_rulebook(SHIPPED, compile_messages)
    files = files_of(published)
    assert "triggers/welcome_cars.yaml" in files
    write_files(files, tmp_path)
    assert load_rulebook(tmp_path, compile_messages) == published


def test_an_entry_is_written_where_it_stands() -> None:
    files = {
        "triggers/hello.yaml": "label: x\n",
        "divisions.yaml": "cars: {label: Cars}\nno: {label: 'NO'}\n",
    }
    assert with_entry(files, "triggers", "hello", {"label": "y"}) == ("triggers/hello.yaml", "label: y\n")
    assert with_entry(files, "triggers", "new", {"label": "y"})[0] == "triggers/new.yaml"
    path, text = with_entry(files, "divisions", "boats", {"label": "Boats"})
    assert path == "divisions.yaml"
    assert text == dump({"cars": {"label": "Cars"}, "no": {"label": "NO"}, "boats": {"label": "Boats"}})


def test_an_entry_of_a_file_of_several_stays_there() -> None:
    files = {"triggers.yaml": "hello: {label: x}\n"}
    assert with_entry(files, "triggers", "hello", {"label": "y"}) == (
        "triggers.yaml",
        dump({"hello": {"label": "y"}}),
    )


def test_a_section_is_written_whole() -> None:
    assert with_section("decisions", {"minimum_age": 16}) == ("decisions.yaml", "minimum_age: 16\n")
    with pytest.raises(RefusedRule, match="file per entry"):
        with_section("triggers", {})


@pytest.mark.parametrize(
    ("section", "files", "match"),
    [
        ("nothing", {}, "unknown section"),
        ("decisions", {}, "no entries"),
        ("divisions", {"divisions.yaml": "- a\n"}, "no mapping"),
        ("divisions", {"divisions.yaml": "a: {\n"}, "no mapping"),
    ],
)
def test_an_entry_needs_a_section_of_entries(section: str, files: dict[str, str], match: str) -> None:
    with pytest.raises(RefusedRule, match=match):
        with_entry(files, section, "x", {})


def test_an_unknown_section_has_no_file() -> None:
    with pytest.raises(RefusedRule, match="did you mean 'triggers'"):
        check_path("trigers/a.yaml")
