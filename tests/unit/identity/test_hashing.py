"""Keyed hashes: stable, unrelated between kinds and keys, and telling nothing of the value."""

import base64
import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from courtesy.identity.hashing import customer_id_of, keyed_hash


def test_is_the_first_half_of_an_hmac_sha256_over_kind_and_value() -> None:
    full = hmac.new(b"secret", b"email\x00a@example.com", hashlib.sha256).digest()
    hashed = keyed_hash(b"secret", "email", "a@example.com")
    assert base64.b32decode(hashed.upper() + "======") == full[:16]
    assert len(hashed) == 26


@given(st.text(), st.text())
def test_kind_and_key_separate(kind: str, value: str) -> None:
    assert keyed_hash(b"k", kind, value) != keyed_hash(b"k", kind + "x", value)
    assert keyed_hash(b"k", kind, value) != keyed_hash(b"l", kind, value)


def test_customer_id_names_its_smallest_record() -> None:
    assert customer_id_of(b"k", "crm/1") == "c" + keyed_hash(b"k", "customer", "crm/1")
