"""The record of who looked at whom: one event on the customer's timeline per look."""

from datetime import datetime

from courtesy.ports import CustomerStore
from courtesy.timeline.events import COURTESY, Look


class TimelineLooks:
    """Looks as timeline events; the same caller, view and minute is one look, told as of that minute."""

    def __init__(self, store: CustomerStore) -> None:
        self._store = store

    def record(self, caller: str, customer_id: str, what: str, at: datetime) -> None:
        """Write down that `caller` saw the view `what` of a customer."""
        minute = at.replace(second=0, microsecond=0)
        self._store.append(
            customer_id, [Look(source=COURTESY, id=f"{caller}/{what}", when=minute, by=caller, what=what)]
        )
