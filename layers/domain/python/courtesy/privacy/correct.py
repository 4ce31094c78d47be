"""Correction: what the person says of themselves, as a source record that every other source yields to."""

from collections.abc import Mapping
from datetime import datetime

from courtesy.errors import NotFound, RefusedInput, UnknownName
from courtesy.identity.normalise import canonical
from courtesy.intake.fields import PERSON_FIELDS
from courtesy.ports import CustomerStore
from courtesy.timeline.events import COURTESY, Scalar, SourceRecord, event_key
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold

TOP_TRUST = 1001
"""Above whatever a source contract may give, which ends at 1000."""

_TRUTHS = frozenset({"deceased", "gone_away"})


def correct(
    store: CustomerStore, customer_id: str, fields: Mapping[str, Scalar], region: str, now: datetime
) -> Profile:
    """Put right what is held of a person; the profile after it. Again changes nothing; a later correction wins.

    Each field is corrected by itself: a later correction of the city leaves an earlier one of the street. The identity index is not
    told: who is who stays a matter of what the sources say. Raises NotFound, RefusedInput, UnknownName, Conflict.
    """
    stored = store.read_profile(customer_id)
    if stored.version == 0:
        raise NotFound(f"there is no customer {customer_id}")
    profile = stored.profile
    if not fields:
        raise RefusedInput("a correction names at least one field")
    if "erasure" in profile.privacy:
        raise RefusedInput("this customer was erased; there is nothing to correct")
    for name in fields:
        if name not in PERSON_FIELDS:
            raise UnknownName("field of a person", name, PERSON_FIELDS)
        if (name in _TRUTHS) != isinstance(fields[name], bool):
            raise RefusedInput(f"{name}: give {'true or false' if name in _TRUTHS else 'a text'}")
    right = canonical(dict(fields), region)
    own = [subject for subject in profile.subjects if not subject.startswith(f"{COURTESY}/")]
    subject = min(own, default="")
    records = [
        SourceRecord(
            source=COURTESY, id=f"correction/{name}/{subject}", when=now, subject=subject, fields={name: value}, trust=TOP_TRUST,
        )
        for name, value in sorted(right.items())
    ]  # fmt: skip
    held = {event_key(event) for event in store.read_timeline(profile.customer_id)}
    fresh = [record for record in records if event_key(record) not in held]
    if fresh:
        store.append(profile.customer_id, fresh)
    return refold(store, profile.customer_id)
