"""A customer's postal address as a vendor prints it: normalised per country, checked before anything is sent.

Country rules follow the UPU's templates in short: which parts are required, the postcode's form, and where it stands.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from courtesy.messages.glyphs import drawn, legible
from courtesy.messages.rules import PrintVendor
from courtesy.messages.writing import shown
from courtesy.timeline.profile import Profile

AddressFault = Literal[
    "name_missing",
    "name_too_long",
    "address_incomplete",
    "address_too_long",
    "address_unprintable",
    "postcode_invalid",
    "state_invalid",
    "country_not_served",
]
"""Why an address is not printed; the contact ends as refused and its slot comes back."""


@dataclass(frozen=True)
class PostalAddress:
    """An address that the vendor takes; the fields as in a manifest."""

    name: str
    company: str
    line1: str
    line2: str
    city: str
    state: str
    postcode: str
    country: str

    def lines(self, home: str = "US") -> list[str]:
        """The lines of the address block, top to bottom, the country last where it is not `home`."""
        town = _TOWN.get(self.country, "{postcode} {city}")
        placed = town.format(city=self.city, state=self.state, postcode=self.postcode)
        lines = [self.name, self.company, self.line1, self.line2, *placed.split("\n")]
        if self.country != home:
            lines.append(_NAMES.get(self.country, self.country))
        return [line.strip() for line in lines if line.strip()]


_TOWN = {
    "US": "{city}, {state} {postcode}",
    "CA": "{city} {state}  {postcode}",
    "AU": "{city} {state} {postcode}",
    "NZ": "{city} {postcode}",
    "GB": "{city}\n{postcode}",
    "IE": "{city}\n{postcode}",
    "IT": "{postcode} {city} {state}",
    "MX": "{postcode} {city}, {state}",
}
_POSTCODES = {
    "US": r"\d{5}(-\d{4})?",
    "CA": r"[A-Z]\d[A-Z] \d[A-Z]\d",
    "AU": r"\d{4}",
    "NZ": r"\d{4}",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}",
    "DE": r"\d{5}",
    "FR": r"\d{5}",
    "ES": r"\d{5}",
    "IT": r"\d{5}",
    "MX": r"\d{5}",
    "AT": r"\d{4}",
    "CH": r"\d{4}",
    "BE": r"\d{4}",
    "NL": r"\d{4} [A-Z]{2}",
}
_STATES = {"US": r"[A-Z]{2}", "CA": r"[A-Z]{2}", "AU": r"[A-Z]{2,3}"}
_NAMES = {
    "US": "UNITED STATES", "CA": "CANADA", "GB": "UNITED KINGDOM", "DE": "GERMANY", "AT": "AUSTRIA", "CH": "SWITZERLAND",
    "FR": "FRANCE", "NL": "NETHERLANDS", "BE": "BELGIUM", "AU": "AUSTRALIA", "NZ": "NEW ZEALAND", "IE": "IRELAND",
    "IT": "ITALY", "ES": "SPAIN", "MX": "MEXICO",
}  # fmt: skip
_PRINTABLE = ("LATIN", "GREEK", "CYRILLIC")
_PLAIN = frozenset(" -.,;:'’`´/&()#+°ªº\"“”„–—!?@*_…№")


def postal_address(profile: Profile, vendor: PrintVendor) -> PostalAddress | AddressFault:
    """The address as the vendor takes it, or why it does not."""
    text = {field: shown(profile.text(field), 400) for field in _FIELDS}
    for field in _NAMES_OF:  # the post finds somebody without the emoji in their name
        text[field] = legible(text[field]) or text[field]
    country = (text["country"] or "US").upper()
    name = text["name"] or f"{text['given_name']} {text['surname']}".strip()
    if len(name) > vendor.address.name and text["given_name"] and text["surname"]:
        name = f"{text['given_name'][0]}. {text['surname']}"
    company = text["company"] if len(text["company"]) <= vendor.address.name else ""
    if not name and not company:
        return "name_missing"
    if len(name) > vendor.address.name:
        return "name_too_long"
    if country not in vendor.countries:
        return "country_not_served"
    number, street = text["street_number"], text["address1"]
    address = PostalAddress(
        name=name,
        company=company,
        line1=f"{number} {street}".strip() if number and not street.startswith(f"{number} ") else street,
        line2=text["address2"],
        city=text["city"],
        state=text["state"].upper(),
        postcode=_postcode(text["postcode"], country),
        country=country,
    )
    return _fault(address, vendor) or address


_NAMES_OF = ("name", "given_name", "surname", "company")
_FIELDS = (
    "name", "given_name", "surname", "company", "street_number", "address1", "address2", "city", "state", "postcode",
    "country",
)  # fmt: skip


def _fault(address: PostalAddress, vendor: PrintVendor) -> AddressFault | None:
    if not address.line1 or not address.city:
        return "address_incomplete"
    if (
        max(len(address.line1), len(address.line2)) > vendor.address.line
        or len(address.city) > vendor.address.city
    ):
        return "address_too_long"
    if not re.fullmatch(_STATES.get(address.country, ".*"), address.state):
        return "state_invalid"
    if not re.fullmatch(_POSTCODES.get(address.country, ".*"), address.postcode):
        return "postcode_invalid"
    if not all(map(printable, address.lines())):
        return "address_unprintable"
    return None


def _postcode(text: str, country: str) -> str:
    """The postcode in the country's own spelling; a US ZIP gets back the zeros that a spreadsheet took."""
    plain = re.sub(r"[^A-Z0-9]", "", text.upper())
    if country == "US" and plain.isdigit():
        if 3 <= len(plain) < 5:
            return plain.zfill(5)
        if len(plain) in (8, 9):
            plain = plain.zfill(9)
            return f"{plain[:5]}-{plain[5:]}"
    if country == "CA" and len(plain) == 6:
        return f"{plain[:3]} {plain[3:]}"
    if country in ("GB", "IE") and len(plain) >= 5:
        return f"{plain[:-3]} {plain[-3:]}" if country == "GB" else f"{plain[:3]} {plain[3:]}"
    if country == "NL" and len(plain) == 6:
        return f"{plain[:4]} {plain[4:]}"
    return plain


def printable(line: str) -> bool:
    """Whether carriers read the script and our font has the character: an address with an empty box arrives nowhere."""
    return all(
        c.isascii()
        or c in _PLAIN
        or (
            drawn(c)
            and (
                unicodedata.combining(c)
                or (c.isalpha() and unicodedata.name(c, "").split(" ")[0] in _PRINTABLE)
            )
        )
        for c in line
    )
