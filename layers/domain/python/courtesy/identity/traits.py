"""A person record in the form in which records are compared: normalised, placeholders taken out, nothing else changed."""

import msgspec


class Traits(msgspec.Struct, frozen=True, omit_defaults=True):
    """The comparable part of a person record; every field is text, empty where it is not known.

    given, surname: lower-case ASCII tokens; generation: 1 senior, 2 junior ...; born: YYYYMMDD as written, valid or not;
    number: house number; street, address2, city: tokens with one spelling per street type; phone: E.164;
    email: lower case, tag and blind dots removed; keys: further exact keys, `kind:value` (loyalty number, VIN + surname)
    """

    given: str = ""
    surname: str = ""
    generation: str = ""
    born: str = ""
    number: str = ""
    street: str = ""
    address2: str = ""
    city: str = ""
    postcode: str = ""
    state: str = ""
    email: str = ""
    phone: str = ""
    national_id: str = ""
    keys: tuple[str, ...] = ()
