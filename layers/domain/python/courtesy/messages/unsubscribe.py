"""The token of a link that works without a login: which customer, and what they turn off.

RFC 8058: the link alone names recipient and list, holds a part that is hard to forge, and the server checks it. The token
holds pseudonymous ids only, no personal data; it never expires, since an opt-out must work long after the message.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache

from courtesy.errors import RefusedInput

_SIGNATURE = 16
"""Bytes of the HMAC that are kept: 128 bits."""
_LONGEST = 700


@dataclass(frozen=True)
class Unsubscribe:
    """What a token says: this customer, through this contact, stops this purpose on this channel for this division."""

    customer_id: str
    purpose: str
    channel: str
    division: str
    contact: str


def make_token(
    key: bytes, *, customer_id: str, purpose: str, channel: str, division: str, contact: str
) -> str:
    """A URL-safe token that only the holder of `key` can make. Raises ValueError when a part holds a NUL."""
    parts = (customer_id, purpose, channel, division, contact)
    payload = "\0".join(parts).encode()
    if payload.count(0) != len(parts) - 1:
        raise ValueError("a token's parts hold no NUL")
    return urlsafe_b64encode(_sign(key, payload) + payload).decode().rstrip("=")


def read_token(key: bytes, token: str) -> Unsubscribe:
    """What the token says. Raises RefusedInput when it was not made with `key`, was cut short or altered."""
    signature, payload = _open(token)
    if not hmac.compare_digest(signature, _sign(key, payload)):
        raise RefusedInput(_STRANGE)
    return _said(payload)


def _open(token: str) -> tuple[bytes, bytes]:
    try:
        raw = (
            urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            if len(token) <= _LONGEST
            else b""
        )
    except ValueError:
        raise RefusedInput(_STRANGE) from None
    # Decoding is lenient about spare bits and foreign characters; the one right spelling is compared.
    if urlsafe_b64encode(raw).decode().rstrip("=") != token:
        raise RefusedInput(_STRANGE)
    return raw[:_SIGNATURE], raw[_SIGNATURE:]


def _said(payload: bytes) -> Unsubscribe:
    try:
        customer_id, purpose, channel, division, contact = payload.decode().split("\0")
    except ValueError:
        raise RefusedInput(_STRANGE) from None
    return Unsubscribe(customer_id, purpose, channel, division, contact)


_STRANGE = "this link is not one of ours or was cut short; open it again from the message"


def _sign(key: bytes, payload: bytes) -> bytes:
    signing = _keyed(key).copy()
    signing.update(payload)
    return signing.digest()[:_SIGNATURE]


@lru_cache(4)
def _keyed(key: bytes) -> hmac.HMAC:
    """The HMAC with all that every token begins with already in it: half of the work, done once."""
    return hmac.new(key, b"unsubscribe\0", hashlib.sha256)
