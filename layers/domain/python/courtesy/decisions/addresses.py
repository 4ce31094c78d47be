"""Where a channel would reach a customer, and the keyed hash by which a closed address is known.

E-mail: the address in lower case, kind `email`. Letters and postcards share the postal address, kind `post`: the parts in
canonical order, lower case, spaces collapsed. Text messages: the E.164 number, kind `phone`.
"""

from collections.abc import Callable, Mapping

from courtesy.decisions.decision import Finding
from courtesy.identity.hashing import keyed_hash
from courtesy.outcomes import Reason
from courtesy.timeline.profile import Profile

PRINT = frozenset({"letter", "postcard"})
"""Channels that go by post."""

_POSTAL = ("street_number", "address1", "address2", "city", "postcode", "state", "country")


def address_hash(profile: Profile, channel: str, hash_key: bytes) -> str:
    """The keyed hash of the customer's address on a channel, empty where there is none or the channel has no addresses."""
    if channel == "email":
        return _email(profile.text("email"), hash_key)
    if channel in PRINT:
        return _post(profile.text, hash_key) if _postal(profile.values) else ""
    return _phone(profile.text("phone"), hash_key) if channel == "sms" else ""


def addresses_in(fields: Mapping[str, object], hash_key: bytes) -> set[str]:
    """The keyed hashes of all addresses that one person record carries by itself."""

    def text(field: str) -> str:
        return "" if fields.get(field) is None else str(fields[field])

    found = {_email(text("email"), hash_key), _phone(text("phone"), hash_key)}
    if _postal(fields):
        found.add(_post(text, hash_key))
    return found - {""}


def _email(email: str, hash_key: bytes) -> str:
    return keyed_hash(hash_key, "email", email.strip().lower()) if email.strip() else ""


def _phone(phone: str, hash_key: bytes) -> str:
    return keyed_hash(hash_key, "phone", phone.strip()) if phone.strip() else ""


def _post(text: Callable[[str], str], hash_key: bytes) -> str:
    parts = [" ".join(text(field).lower().split()) for field in _POSTAL]
    return keyed_hash(hash_key, "post", "\n".join(parts))


def unreachable(profile: Profile, channel: str, hash_key: bytes) -> Finding | None:
    """Why a channel cannot reach the customer: no address, or a closed one; None if it can."""
    values = profile.values
    if channel == "email":
        known = "email" in values
    elif channel in PRINT:
        known = _postal(values)
    else:
        known = channel != "sms" or "phone" in values
    if not known:
        return Finding(Reason.NO_ADDRESS, "address.none", channel)
    if profile.closed:
        closed: set[str] = set()
        for name in PRINT if channel in PRINT else (channel,):
            closed.update(profile.closed.get(name, ()))
        if closed and address_hash(profile, channel, hash_key) in closed:
            return Finding(Reason.ADDRESS_CLOSED, "address.closed", channel)
    return None


def _postal(values: Mapping[str, object]) -> bool:
    return ("address1" in values or "street_number" in values) and ("postcode" in values or "city" in values)
