"""The household of a record or customer: who has one surname at one postal address."""

from collections.abc import Mapping
from hashlib import blake2b

from courtesy.identity.normalise import residence
from courtesy.identity.sound import sound
from courtesy.identity.traits import Traits
from courtesy.timeline.events import Scalar


def household_of(traits: Traits) -> str:
    """The household of a record or customer: one name for all of one surname (as it sounds) at one postal address.

    Empty where surname, street, house number, or both postcode and town are not known. It is a short hash, so it says
    nothing by itself; but it has no key, so it belongs only where the address may stand as well.
    """
    if not (traits.surname and traits.street and traits.number and (traits.postcode or traits.city)):
        return ""
    name = sound(traits.surname.split()[-1])
    place = (name, traits.number, traits.street, traits.postcode or traits.city)
    return "h" + blake2b("|".join(place).encode(), digest_size=10).hexdigest()


def household_of_fields(fields: Mapping[str, Scalar]) -> str:
    """The household that canonical fields tell of; see `household_of`."""
    if not (fields.get("surname") or fields.get("name")) or not fields.get("address1"):
        return ""
    return household_of(residence(fields))
