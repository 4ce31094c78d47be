"""From a source's fields to comparable traits: one spelling for what means the same, nothing for what means nothing."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from courtesy.identity.sound import sound
from courtesy.identity.traits import Traits
from courtesy.identity.words import (
    EMPTY_DATES,
    GENERATIONS,
    MEANINGLESS,
    NAMES_TOO,
    ROLE_ADDRESSES,
    SALUTATIONS,
    STREET_WORDS,
    TITLES,
)
from courtesy.timeline.events import Scalar

_LETTERS = str.maketrans(
    {
        "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n",
        # Cyrillic
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z", "и": "i", "й": "i",
        "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f",
        "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "iu",
        "я": "ia", "і": "i", "ї": "i", "є": "e", "ґ": "g",
        # Greek
        "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
        "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y", "φ": "f",
        "χ": "ch", "ψ": "ps", "ω": "o",
    }
)  # fmt: skip
LEAST_VIN = 8
"""Characters of a vehicle's number below which it is no name for one vehicle."""
_APOSTROPHES = re.compile(r"['’`´]")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NOT_DIGIT = re.compile(r"\D+")
_INITIAL = re.compile(r"([A-Za-z])\.?")
_NUMBER = re.compile(r"\d+[a-z]?")
_ZIP_PLUS = re.compile(r"^(\d{5})\d{4}$")
_STRASSE = re.compile(r"(?<=[a-z]{3})str$")


def traits_of(fields: Mapping[str, Scalar], region: str = "US") -> Traits:
    """The traits of a record's canonical fields. `region`: ISO country that a phone number without prefix belongs to."""
    text = _texts(fields)
    given, surname, generation = _names(text)
    number, street = _street(text)
    country = text.get("country", "").strip().upper()
    return Traits(
        given=given,
        surname=surname,
        generation=generation,
        born=born(text.get("date_of_birth", "")),
        number=number,
        street=street,
        address2=_address_words(text.get("address2", "")),
        city=words(text.get("city", "")),
        postcode=postcode(text.get("postcode", "")),
        state=words(text.get("state", "")),
        email=email(text.get("email", "")),
        phone=phone(text.get("phone", ""), country if len(country) == 2 else region),
        national_id=document(text.get("national_id", "")),
        keys=_keys(text, surname),
    )


def _keys(text: Mapping[str, str], surname: str) -> tuple[str, ...]:
    """Further exact keys: the loyalty number; the vehicle with the surname, since a vehicle alone changes hands."""
    loyalty = _NOT_WORD.sub("", text.get("loyalty_no", "").lower())
    vin = _NOT_WORD.sub("", text.get("vin", "").lower())
    keys = [f"loyalty:{loyalty}"] if loyalty and not _monotonous(loyalty) else []
    if len(vin) >= LEAST_VIN and not _monotonous(vin) and surname:
        keys.append(f"vin:{vin}:{sound(surname.split()[-1])}")
    return tuple(keys)


def residence(fields: Mapping[str, Scalar]) -> Traits:
    """Of the traits only who somebody is by name and where they live; for a fraction of the cost."""
    text = _texts(fields)
    _, surname, _ = _names(text)
    number, street = _street(text)
    return Traits(
        surname=surname,
        number=number,
        street=street,
        city=words(text.get("city", "")),
        postcode=postcode(text.get("postcode", "")),
    )


def _texts(fields: Mapping[str, Scalar]) -> dict[str, str]:
    return {name: str(value) for name, value in fields.items() if value != ""}


@lru_cache(maxsize=65536)
def words(text: str) -> str:
    """Lower-case ASCII words; empty for a placeholder such as `n/a`."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
        text = "".join(c for c in text if not unicodedata.combining(c)).translate(_LETTERS)
    plain = _NOT_WORD.sub(" ", _APOSTROPHES.sub("", text.lower())).strip()
    return (
        "" if plain in MEANINGLESS or (len(plain) > 2 and plain.isalpha() and _monotonous(plain)) else plain
    )


def _names(text: Mapping[str, str]) -> tuple[str, str, str]:
    given, surname = text.get("given_name", ""), text.get("surname", "")
    if not (given or surname):
        whole = text.get("name", "")
        if "," in whole:
            surname, _, given = whole.partition(",")
        else:
            given = whole
        if len(words(given).split()) == 1 and not surname:
            given, surname = "", given  # one word alone is the family's name
    if not (given or surname):
        surname = text.get("company", "")
    generation = ""
    kept: list[list[str]] = [[], []]
    for place, part in ((0, given), (1, surname)):
        part = part.strip()
        initial = _INITIAL.fullmatch(part)
        as_it_is = initial or (part in NAMES_TOO and given.strip() != surname.strip())
        tokens = [part.rstrip(".").lower()] if as_it_is else words(part).split()
        for at, token in enumerate(tokens):
            # `v` or `ii` alone is a name; after a name it is a generation
            if token in GENERATIONS and (at or place):
                generation = GENERATIONS[token]
            elif token in SALUTATIONS if len(tokens) == 1 else token in TITLES:
                continue
            else:
                kept[place].append(token)
    if not surname and len(kept[0]) > 1:
        # Reed Anna M: who ends in an initial has the family's name first
        kept[1] = [kept[0].pop(0 if len(kept[0][-1]) == 1 else -1)]
    first, last = " ".join(kept[0]), " ".join(kept[1])
    told = {name.strip().lower() for name in (given, surname) if name.strip() in NAMES_TOO}
    if given.strip() == surname.strip():
        told = set()
    nobody = MEANINGLESS - told
    return ("" if first in nobody and len(first) > 1 else first), ("" if last in nobody else last), generation


@lru_cache(maxsize=65536)
def born(text: str) -> str:
    """A date of birth as its digits YYYYMMDD (any separators); not checked, so that a slip of the pen still compares."""
    digits = _NOT_DIGIT.sub("", text[:10])
    return "" if len(digits) < 6 or digits in EMPTY_DATES else digits


def _street(text: Mapping[str, str]) -> tuple[str, str]:
    number = words(text.get("street_number", ""))
    street = _address_words(text.get("address1", ""))
    if not number:
        tokens = street.split()
        for at in (0, -1):
            if len(tokens) > 1 and _NUMBER.fullmatch(tokens[at]):
                return tokens.pop(at), " ".join(tokens)
    return number, street


@lru_cache(maxsize=65536)
def _address_words(text: str) -> str:
    tokens = (_STRASSE.sub("strasse", token) for token in words(text).split())
    return " ".join(STREET_WORDS.get(token, token) for token in tokens)


@lru_cache(maxsize=65536)
def postcode(text: str) -> str:
    """Letters and digits only; of a ZIP+4 the first five."""
    plain = _NOT_WORD.sub("", text.lower())
    plain = _ZIP_PLUS.sub(r"\1", plain)
    return "" if _monotonous(plain) or plain in MEANINGLESS else plain


@lru_cache(maxsize=65536)
def email(text: str) -> str:
    """The address in lower case, without `+tag` (and Gmail's dots); empty if it is none, or a role's such as info@."""
    bare = text.strip().lower()
    if "@" not in bare:
        return ""
    try:
        bare = validate_email(bare, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        return ""
    local, _, domain = bare.rpartition("@")
    local = local.split("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return "" if local in ROLE_ADDRESSES else f"{local}@{domain}"


@lru_cache(maxsize=65536)
def phone(text: str, region: str) -> str:
    """E.164 where the number can be read, else its digits; empty for fewer than six digits or one digit repeated."""
    digits = _NOT_DIGIT.sub("", text)
    if len(digits) < 6 or _monotonous(digits) or digits in "01234567890123":
        return ""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return digits
    if _monotonous(str(parsed.national_number)):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=65536)
def document(text: str) -> str:
    """A document's number: letters and digits; empty if short, one digit repeated, or counting up."""
    plain = _NOT_WORD.sub("", text.lower())
    if len(plain) < 4 or _monotonous(plain) or plain in "01234567890" or plain in MEANINGLESS:
        return ""
    return plain


def _monotonous(text: str) -> bool:
    """One character over and over: 000000, 9999."""
    return len(set(text)) <= 1


def canonical(fields: Mapping[str, Scalar], region: str) -> dict[str, Scalar]:
    """A person record's fields with e-mail and phone in one form; a value that cannot be read stays as it came."""
    kept = dict(fields)
    if kept.get("email"):
        kept["email"] = deliverable(str(kept["email"]))
    if kept.get("phone"):
        country = str(kept.get("country", "")).strip().upper()
        kept["phone"] = phone(str(kept["phone"]), country if len(country) == 2 else region) or kept["phone"]
    return kept


@lru_cache(maxsize=65536)
def deliverable(text: str) -> str:
    """An e-mail address as mail is sent to it, in lower case; as it came where it has no valid form."""
    try:
        checked = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return text.strip()
    return checked.normalized.lower()
