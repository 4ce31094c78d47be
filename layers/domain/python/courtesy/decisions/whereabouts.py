"""Whose a contact is now: reports and links name the customer whom it was sent for, and a split may have taken it elsewhere.

Whoever becomes one with another redirects, and is followed by that. Where records leave a customer who lasts, each contact
that goes with them leaves a trace, which tells whose it is.
"""

from courtesy.ports import CustomerStore
from courtesy.timeline.contacts import brought_to
from courtesy.timeline.events import Contact

HOPS = 8


def holder(store: CustomerStore, customer_id: str, contact_id: str) -> str:
    """The customer who has the contact now; `customer_id`, redirects followed, where it was never taken elsewhere."""
    for _ in range(HOPS):
        customer_id = store.read_profile(customer_id).profile.customer_id
        traces = [
            brought_to(event)
            for event in store.read_timeline(customer_id)
            if isinstance(event, Contact) and event.id == contact_id
        ]
        if not all(traces) or not traces:
            return customer_id
        customer_id = traces[0]
    return customer_id
