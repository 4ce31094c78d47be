"""The token of a one-click link."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtesy.errors import RefusedInput
from courtesy.messages.unsubscribe import Unsubscribe, make_token, read_token

KEY = b"a key of at least sixteen bytes"
SAID = Unsubscribe("cabc", "marketing", "email", "cars", "kxyz")


def token(key: bytes = KEY) -> str:
    return make_token(
        key, customer_id="cabc", purpose="marketing", channel="email", division="cars", contact="kxyz"
    )


def test_a_token_says_what_it_was_made_of() -> None:
    assert read_token(KEY, token()) == SAID


def test_a_token_is_safe_in_a_url_and_always_the_same() -> None:
    assert token() == token()
    assert all(c.isalnum() or c in "-_" for c in token())


def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(RefusedInput, match="not one of ours"):
        read_token(KEY, token(b"another key of sixteen bytes"))


@given(st.integers(min_value=0), st.sampled_from("abcdefgZ0-_=. \n"))
def test_an_altered_token_is_refused(at: int, letter: str) -> None:
    good = token()
    at %= len(good)
    altered = good[:at] + letter + good[at + 1 :]
    if altered != good:
        with pytest.raises(RefusedInput):
            read_token(KEY, altered)


@pytest.mark.parametrize(
    "strange", ["", "a", "=", "====", "é" * 40, "a" * 10_000, token()[:-1], token() + "A", token() + "="]
)
def test_what_is_no_token_is_refused(strange: str) -> None:
    with pytest.raises(RefusedInput):
        read_token(KEY, strange)


def test_a_part_with_a_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        make_token(KEY, customer_id="c\0x", purpose="", channel="", division="", contact="")


def test_a_signed_text_of_another_form_is_refused() -> None:
    payload = b"only one part"
    signature = hmac.digest(KEY, b"unsubscribe\0" + payload, hashlib.sha256)[:16]
    token = urlsafe_b64encode(signature + payload).decode().rstrip("=")
    with pytest.raises(RefusedInput, match="not one of ours"):
        read_token(KEY, token)
