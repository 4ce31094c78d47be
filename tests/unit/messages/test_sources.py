"""A message's YAML file: what is not in its form is named with its line."""

from pathlib import Path

import pytest

from courtesy.errors import RefusedRule
from courtesy.messages.sources import read_source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty file"),
        ("en:\n  subject: [a]\n", "line 2: expected a text"),
        ("en:\n  body: a\n", "line 2: expected a list of paragraphs"),
        ("en: hello\n", "line 1: expected `name: value`"),
        ("en: [\n", "YAML"),
    ],
)
def test_what_is_not_in_its_form_is_named_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "welcome.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RefusedRule, match=r"welcome\.yaml") as refused:
        read_source(path, ["en"])
    assert expected in str(refused.value)


def test_each_text_knows_its_line(tmp_path: Path) -> None:
    path = tmp_path / "welcome.yaml"
    path.write_text(
        'en:\n  subject: "one"\n  body:\n    - two\n    - |\n      three\n      four\n', encoding="utf-8"
    )
    source = read_source(path, ["en"])
    assert list(source.templates()) == [("one", 2), ("two", 4), ("three\nfour\n", 6)]
    assert source.texts["en"].body == ["two", "three\nfour\n"]
