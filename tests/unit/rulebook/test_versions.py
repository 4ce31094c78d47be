"""Rulebooks of sections, their stored form, and what two of them differ in."""

import pytest

from courtesy.errors import RefusedRule
from courtesy.rulebook.stored import read_stored
from courtesy.rulebook.versions import (
    Change,
    diff,
    encode_rulebook,
    make_rulebook,
    sections_of,
)

SECTIONS = {
    "divisions": {"cars": {"name": "cars", "label": "Cars"}, "marine": {"name": "marine", "label": "Marine"}},
    "dealers": {"D1": {"id": "D1", "name": "Harbour", "divisions": ["cars"]}},
}


def test_a_stored_rulebook_comes_back_and_names_every_default() -> None:
    rulebook = make_rulebook(SECTIONS, 7)
    assert read_stored(encode_rulebook(rulebook)) == rulebook
    assert b'"currency":"USD"' in encode_rulebook(rulebook)
    assert make_rulebook(sections_of(rulebook), 7) == rulebook


def test_the_difference_names_paths() -> None:
    after = {
        "divisions": {
            "cars": {"name": "cars", "label": "Autos"},
            "marine": {"name": "marine", "label": "Marine"},
        },
        "dealers": {"D2": {"id": "D2", "name": "Quay", "divisions": ["cars", "marine"]}},
    }
    changes = diff(make_rulebook(SECTIONS), make_rulebook(after))
    assert [(change.path, change.kind) for change in changes] == [
        (("dealers", "D1"), "removed"),
        (("dealers", "D2"), "added"),
        (("divisions", "cars", "label"), "changed"),
    ]
    assert str(changes[2]) == '~ divisions.cars.label: "Cars" -> "Autos"'
    assert diff(make_rulebook(SECTIONS), make_rulebook(SECTIONS, 3)) == []


def test_lists_are_compared_whole() -> None:
    after = {**SECTIONS, "dealers": {"D1": {"id": "D1", "name": "Harbour", "divisions": ["cars", "marine"]}}}
    assert diff(make_rulebook(SECTIONS), make_rulebook(after)) == [
        Change(("dealers", "D1", "divisions"), "changed", ["cars"], ["cars", "marine"])
    ]


def test_corporate_is_no_division() -> None:
    with pytest.raises(RefusedRule, match=r"divisions\.corporate: is the view across all"):
        make_rulebook({"divisions": {"corporate": {"name": "corporate", "label": "All"}}})
