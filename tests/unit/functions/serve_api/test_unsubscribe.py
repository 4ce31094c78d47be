"""The public link: GET changes nothing, POST withdraws at once, forged links do nothing (RFC 8058)."""

import pytest

from courtesy.messages.unsubscribe import make_token
from tests.unit.functions.serve_api.conftest import ANNA, KEY, Api


def _link(key: bytes = KEY) -> str:
    token = make_token(
        key, customer_id=ANNA, purpose="marketing", channel="email", division="cars", contact="k1"
    )
    return f"/u/{token}"


def _standing(api: Api) -> list[tuple[str, str, str, str]]:
    profile = api.outside.store.read_profile(ANNA).profile
    return [(s.purpose, s.channel, s.division, s.status) for s in profile.permissions]


def test_get_shows_a_form_and_changes_nothing(api: Api) -> None:
    answer = api("GET", _link())
    assert answer.status == 200
    assert answer.type.startswith("text/html")
    assert '<form method="post">' in answer.text
    assert _standing(api) == []


def test_one_click_withdraws_at_once_without_login_or_redirect(api: Api) -> None:
    answer = api("POST", _link(), raw="List-Unsubscribe=One-Click")
    assert answer.status == 200
    assert "location" not in answer.headers
    assert _standing(api) == [("marketing", "email", "cars", "withdrawn")]


def test_a_second_post_is_a_success_and_changes_nothing(api: Api) -> None:
    api("POST", _link())
    version = api.outside.store.read_profile(ANNA).version
    assert api("POST", _link()).status == 200
    assert api.outside.store.read_profile(ANNA).version == version


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_or_cut_link_does_nothing(api: Api, method: str) -> None:
    for link in (_link(b"another key of the same length!!"), _link()[:-3], "/u/aaaaaaaaaaaaaaaaaaaa"):
        answer = api(method, link)
        assert answer.status == 404
        assert "latest mail" in answer.text
    assert _standing(api) == []
