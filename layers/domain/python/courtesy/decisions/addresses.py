"""Where a channel would reach a customer, and the keyed hash by which a closed address is known.

E-mail: the address in lower case, kind `email`. Letters and postcards share the postal address, kind `post`: the parts in
canonical order, lower case, spaces collapsed. Text messages: the E.164 number, kind `phone`.
"""

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
        email = profile.text("email").strip().lower()
        return keyed_hash(hash_key, "email", email) if email else ""
    if channel in PRINT:
        parts = [" ".join(profile.text(field).lower().split()) for field in _POSTAL]
        return keyed_hash(hash_key, "post", "\n".join(parts)) if _postal(profile) else ""
    if channel == "sms":
        phone = profile.text("phone").strip()
        return keyed_hash(hash_key, "phone", phone) if phone else ""
    return ""


def unreachable(profile: Profile, channel: str, hash_key: bytes) -> Finding | None:
    """Why a channel cannot reach the customer: no address, or a closed one; None if it can."""
    values = profile.values
    if channel == "email":
        known = "email" in values
    elif channel in PRINT:
        known = _postal(profile)
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


def _postal(profile: Profile) -> bool:
    values = profile.values
    return ("address1" in values or "street_number" in values) and ("postcode" in values or "city" in values)
