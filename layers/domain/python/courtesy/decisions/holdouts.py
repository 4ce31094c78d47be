"""Control groups by a keyed hash: one global, one per trigger.

The hash gives each person record a fixed place between 0 and 1; a customer is in the group when any of their records has a
place below its share. So a group that grows keeps all whom it had (nested), nobody can work out from an id whether it is in
a group, and membership is united by a merge: one more record can bring somebody into the group and never out of it, in
whatever order the records arrive. A customer of k records is in a group of share s with the chance 1 - (1 - s)^k, exactly
known, so whatever compares treated and held out weighs by it. A customer is in a trigger's group independently of the
global one.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from courtesy.decisions.decision import Finding
from courtesy.decisions.offers import CODES
from courtesy.decisions.policy import Plan, Policy
from courtesy.outcomes import Reason
from courtesy.timeline.profile import Profile

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

_BLOCK = 64
"""Bytes of a block of SHA-256."""
_WHOLE = float(1 << 53)
_CODES = f"{CODES}/"
"""Codes of offers are no person records: who redeems one does not draw another lot."""


def place(hash_key: bytes, group: str, subject: str) -> float:
    """A person record's fixed place in a group's order, 0 <= place < 1."""
    inner, outer = _halves(hash_key, group)
    inner, outer = inner.copy(), outer.copy()
    inner.update(subject.encode())
    outer.update(inner.digest())
    return (int.from_bytes(outer.digest()[:8], "big") >> 11) / _WHOLE


@lru_cache(maxsize=1024)
def _halves(hash_key: bytes, group: str) -> "tuple[HASH, HASH]":
    """The two hashes of an HMAC-SHA256 over `holdout, group, subject` as far as all subjects share them (RFC 2104)."""
    key = hash_key if len(hash_key) <= _BLOCK else sha256(hash_key).digest()
    inner, outer = (sha256(bytes(byte ^ pad for byte in key.ljust(_BLOCK, b"\0"))) for pad in (0x36, 0x5C))
    inner.update(f"holdout\0{group}\0".encode())
    return inner, outer


def in_control(policy: Policy, plan: Plan, profile: Profile, hash_key: bytes) -> Finding | None:
    """The control group that keeps this candidate from being contacted, None if none does. Exempt contacts have none."""
    if plan.exempt or not plan.marketing:
        return None
    members = [subject for subject in profile.subjects if not subject.startswith(_CODES)] or (
        profile.customer_id,
    )
    share = policy.rules.global_control
    if share > 0 and _held_out(hash_key, "", members, share):
        return Finding(Reason.GLOBAL_CONTROL, "holdout.global", limit=share)
    share = plan.trigger.control_share
    if share > 0 and _held_out(hash_key, plan.trigger.id, members, share):
        return Finding(Reason.TRIGGER_CONTROL, f"holdout.{plan.trigger.id}", limit=share)
    return None


def _held_out(hash_key: bytes, group: str, members: Sequence[str], share: float) -> bool:
    for subject in members:  # noqa: SIM110 - asked of every candidate: half the time of `any`
        if place(hash_key, group, subject) < share:
            return True
    return False
