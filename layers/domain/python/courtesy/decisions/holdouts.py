"""Control groups by a keyed hash of the customer's id: one global, one per trigger.

The hash gives each customer a fixed place between 0 and 1; the group is everybody below its share. So a group that grows
keeps all whom it had (nested), and nobody can work out from an id whether it is in a group. A customer is in a trigger's
group independently of the global one.
"""

import hmac

from courtesy.decisions.decision import Finding
from courtesy.decisions.policy import Plan, Policy
from courtesy.outcomes import Reason

_WHOLE = float(1 << 53)


def place(hash_key: bytes, group: str, customer_id: str) -> float:
    """The customer's fixed place in a group's order, 0 <= place < 1."""
    digest = hmac.digest(hash_key, f"holdout\0{group}\0{customer_id}".encode(), "sha256")
    return (int.from_bytes(digest[:8], "big") >> 11) / _WHOLE


def in_control(policy: Policy, plan: Plan, customer_id: str, hash_key: bytes) -> Finding | None:
    """The control group that keeps this candidate from being contacted, None if none does. Exempt contacts have none."""
    if plan.exempt or not plan.marketing:
        return None
    share = policy.rules.global_control
    if share > 0 and place(hash_key, "", customer_id) < share:
        return Finding(Reason.GLOBAL_CONTROL, "holdout.global", limit=share)
    share = plan.trigger.control_share
    if share > 0 and place(hash_key, plan.trigger.id, customer_id) < share:
        return Finding(Reason.TRIGGER_CONTROL, f"holdout.{plan.trigger.id}", limit=share)
    return None
