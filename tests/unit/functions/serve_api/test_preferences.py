"""The preference page: GET shows and changes nothing, POST changes at once and never lifts more than its own kind."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from courtesy.privacy.withdraw import withdraw
from courtesy.timeline.contacts import trace_of
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile
from tests.unit.functions.serve_api.conftest import ANNA, NOW, Api
from tests.unit.functions.serve_api.test_unsubscribe import _link
from tests.unit.messages.people import contact

PAGE = _link() + "/preferences"


def profile(api: Api) -> Profile:
    return api.outside.store.read_profile(ANNA).profile


def standing(api: Api) -> set[tuple[str, str, str]]:
    return {(s.channel, s.division, s.status) for s in profile(api).permissions}


def ticked(text: str) -> set[str]:
    boxes = text.split("<input")[1:]
    return {box.split('value="')[1].split('"')[0] for box in boxes if " checked" in box.split(">")[0]}


def save(api: Api, *keep: str) -> str:
    answer = api("POST", PAGE, raw=urlencode([("keep", one) for one in keep]))
    assert answer.status == 200
    return answer.text


def test_get_shows_every_choice_and_changes_nothing(dealing: Api) -> None:
    answer = dealing("GET", PAGE)
    assert answer.status == 200
    assert "Text messages: Cars" in answer.text
    assert "letter/cars" in ticked(answer.text)
    assert "sms/cars" not in ticked(answer.text)
    assert standing(dealing) == set()


def test_what_is_saved_shows_and_what_did_not_change_is_not_said(dealing: Api) -> None:
    before = ticked(dealing("GET", PAGE).text)
    wanted = (before - {"letter/cars"}) | {"sms/cars"}
    assert ticked(save(dealing, *wanted)) == wanted
    assert standing(dealing) == {("letter", "cars", "withdrawn"), ("sms", "cars", "granted")}
    version = dealing.outside.store.read_profile(ANNA).version
    save(dealing, *wanted)
    assert dealing.outside.store.read_profile(ANNA).version == version


def test_after_everything_was_turned_off_only_what_is_ticked_comes_back(dealing: Api) -> None:
    withdraw(
        dealing.outside.store, ANNA, "marketing", "email", "*", NOW - timedelta(hours=1), "one-click link"
    )
    assert not {name for name in ticked(dealing("GET", PAGE).text) if name.startswith("email/")}
    others = ticked(dealing("GET", PAGE).text)
    save(dealing, *others)
    assert not {name for name in ticked(dealing("GET", PAGE).text) if name.startswith("email/")}
    assert ticked(save(dealing, *others, "email/cars")) == others | {"email/cars"}


@pytest.mark.parametrize("purpose", ["*", "marketing"])
def test_what_was_turned_off_more_widely_cannot_be_lifted_here(dealing: Api, purpose: str) -> None:
    withdraw(dealing.outside.store, ANNA, purpose, "*", "*", NOW, "a letter")
    save(dealing, "email/cars", "letter/cars")
    assert ticked(dealing("GET", PAGE).text) == set()
    assert {status for _, _, status in standing(dealing)} == {"withdrawn"}


def test_strange_boxes_and_forged_links_do_nothing(dealing: Api) -> None:
    before = ticked(dealing("GET", PAGE).text)
    save(dealing, *before, "email/nowhere", "*/*", "<script>")
    assert standing(dealing) == set()
    assert dealing("POST", PAGE[:-20] + "/preferences", raw="").status == 404


def test_after_a_split_the_page_is_that_of_whoever_has_the_contact(dealing: Api) -> None:
    store, heir = dealing.outside.store, "c" + "h" * 26
    stored = store.read_profile(ANNA)
    named = contact(dealing.outside.rulebooks.current(), customer_id=ANNA)
    trace = trace_of(replace(named, id="k1"), heir)
    assert store.commit(stored.profile, stored.version, new=[trace]) == "committed"
    assert store.put_profile(fold(heir, []), 0) == "committed"
    save(dealing)
    assert standing(dealing) == set()
    withdrawn = {s.channel for s in store.read_profile(heir).profile.permissions}
    assert {"letter", "postcard"} <= withdrawn
