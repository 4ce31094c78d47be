"""Rulebooks that other releases published: what moved is found, what is not known is said and never dropped."""

from typing import Any

import orjson
import pytest

from courtesy.errors import RefusedRule
from courtesy.rulebook.stored import read_stored
from courtesy.rulebook.versions import encode_rulebook, make_rulebook

SECTIONS = {
    "divisions": {"cars": {"name": "cars", "label": "Cars"}},
    "offers": {"mug": {"id": "mug", "label": {"en": "A mug"}, "code": "MUG"}},
}


def stored(**changes: Any) -> dict[str, Any]:
    """The stored form of version 7 as JSON, with some sections as another release wrote them."""
    sections: dict[str, Any] = orjson.loads(encode_rulebook(make_rulebook(SECTIONS, 7)))
    for name, fields in changes.items():
        sections[name] = sections[name] | fields
    return sections


def test_offers_that_stood_among_the_messages_are_read_as_offers() -> None:
    old = stored(messages={"offers": {"wash": {"label": {"en": "A wash"}, "code": "WASH", "valid_days": 60}}})
    del old["offers"]
    rulebook = read_stored(orjson.dumps(old))
    assert rulebook.version == 7
    assert rulebook.offers["wash"].id == "wash"
    assert (rulebook.offers["wash"].code, rulebook.offers["wash"].valid_days) == ("WASH", 60)


def test_an_offer_of_both_places_is_the_one_of_its_own_section() -> None:
    old = stored(messages={"offers": {"mug": {"label": {"en": "An old mug"}, "code": "OLDMUG"}}})
    assert read_stored(orjson.dumps(old)).offers["mug"].code == "MUG"


def test_a_field_that_nobody_knows_is_refused_with_version_field_and_remedy() -> None:
    with pytest.raises(RefusedRule) as refused:
        read_stored(orjson.dumps(stored(decisions={"minimum_ages": 21})))
    told = str(refused.value)
    assert "version 7" in told
    assert "decisions.minimum_ages: unknown field 'minimum_ages'; did you mean 'minimum_age'?" in told
    assert "courtesy rulebook publish" in told


def test_an_old_offer_that_the_law_of_codes_forbids_now_is_named() -> None:
    with pytest.raises(RefusedRule, match=r"offers\.wash\.code"):
        read_stored(
            orjson.dumps(
                stored(messages={"offers": {"wash": {"label": {"en": "A wash"}, "code": "Wash it"}}})
            )
        )
