"""Keyed hashes: how a personal value becomes a key that tells nobody what it was.

The key is a secret of the installation, so a hash cannot be turned back by hashing a list of known addresses. The kind is
part of what is hashed, so the same text as an e-mail and as a phone number has unrelated hashes.
"""

import hashlib
import hmac
from base64 import b32encode

_BYTES = 16


def keyed_hash(key: bytes, kind: str, value: str) -> str:
    """HMAC-SHA256 of `kind`, a zero byte and `value`: its first 128 bits as 26 characters of lower-case base32."""
    digest = hmac.digest(key, f"{kind}\0{value}".encode(), hashlib.sha256)
    return b32encode(digest[:_BYTES]).decode().rstrip("=").lower()


def customer_id_of(key: bytes, subject: str) -> str:
    """The customer_id of the person whose smallest record reference is `subject` (`source/id`)."""
    return "c" + keyed_hash(key, "customer", subject)
