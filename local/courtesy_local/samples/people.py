"""Sample people: who they are, where they live, who shares a roof, an address or a name with whom."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from courtesy_local.samples import vocabulary as words
from courtesy_local.samples.vocabulary import Place

DEALERS = {
    "US": [f"D{n:03}" for n in range(1, 17)],
    "CA": ["D017", "D018", "D019"],
    "DE": ["D020", "D021", "D022"],
    "AU": ["D023", "D024", "D025"],
}
"""The dealers of `rulebook/dealers.yaml` by country."""

CURRENCY = {"US": "USD", "CA": "CAD", "DE": "EUR", "AU": "AUD"}
BOUNCING, COMPLAINING = 3, 6
"""The two people whose e-mail address is one of SES's mailbox simulator, which answers with a bounce and a complaint."""


def awake(hour: int) -> str:
    """The country (of three) where no place of the sample world has quiet hours at that hour of UTC, nor in the next."""
    if 7 <= hour < 18:
        return "DE"
    return "US" if hour >= 18 else "AU"


@dataclass(frozen=True, slots=True)
class Home:
    """An address as its owner would write it."""

    number: str
    street: str
    unit: str
    postcode: str
    place: Place


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the sample world, as the truth has them. `born` is never given by some sources."""

    number: int
    given: str
    surname: str
    gender: str
    born: date
    company: str
    email: str
    second_email: str
    phone: str
    home: Home
    earlier_home: Home | None
    dealer: str

    @property
    def country(self) -> str:
        """ISO-2 code of where they live."""
        return self.home.place.country


def person(seed: int, number: int, today: date, simulator: str = "DE") -> Person:
    """The person of that number: the same for the same seed, whatever else is generated.

    simulator: the country where the two people at the mailbox simulator live.
    Every ninth pair of neighbours in number is a couple: same home and surname, sometimes one e-mail address for both.
    """
    rng = Random(f"{seed}/person/{number}")
    own = _single(rng, number, today, simulator)
    if number % 9 == 4:
        return own
    if number % 9 == 5:
        other = person(seed, number - 1, today, simulator)
        gender, given = _other_gender(rng, other)
        shared = rng.random() < 0.3
        return replace(
            own,
            gender=gender,
            given=given,
            surname=other.surname,
            home=other.home,
            earlier_home=other.earlier_home,
            dealer=other.dealer,
            phone=_phone(number, other.country),
            email=other.email if shared else _email(rng, given, other.surname, number),
        )
    return own


def _other_gender(rng: Random, other: Person) -> tuple[str, str]:
    german = other.country == "DE"
    if other.gender == "f":
        return "m", rng.choice(words.MALE_DE if german else words.MALE)
    return "f", rng.choice(words.FEMALE_DE if german else words.FEMALE)


def _single(rng: Random, number: int, today: date, simulator: str) -> Person:
    country = rng.choices(("US", "CA", "DE", "AU"), (78, 8, 8, 6))[0]
    if number in (BOUNCING, COMPLAINING):
        country = simulator
    german = country == "DE"
    gender = rng.choice("fm")
    if german:
        given = rng.choice(words.FEMALE_DE if gender == "f" else words.MALE_DE)
        surname = rng.choice(words.SURNAMES_DE)
    else:
        given = rng.choice(words.FEMALE if gender == "f" else words.MALE)
        surname = rng.choice(words.SURNAMES)
    home = _home(rng, country)
    return Person(
        number=number,
        given=given,
        surname=surname,
        gender=gender,
        born=today - timedelta(days=rng.randrange(19 * 365, 86 * 365)),
        company=rng.choice(words.COMPANIES) if rng.random() < 0.03 else "",
        email=_email(rng, given, surname, number),
        second_email=_plain(f"{surname}.{number}") + "@work.example.com" if rng.random() < 0.15 else "",
        phone=_phone(number, country),
        home=home,
        earlier_home=_home(rng, country) if rng.random() < 0.12 else None,
        dealer=rng.choice(DEALERS[country]),
    )


def _home(rng: Random, country: str) -> Home:
    place = rng.choice(words.PLACES[country])
    if country == "DE":
        street = rng.choice(words.STREETS_DE)
        postcode = f"{int(place.postcode) + rng.randrange(0, 9):05}"
    else:
        street = f"{rng.choice(words.STREETS)} {rng.choice(words.STREET_KINDS)}"
        if country == "CA":
            postcode = f"{place.postcode[:4]}{rng.randrange(1, 10)}{rng.choice('ABCEGHJKLMNPRSTVWXYZ')}{rng.randrange(1, 10)}"
        else:
            postcode = f"{int(place.postcode) + rng.randrange(0, 5):0{len(place.postcode)}}"
    unit = f"Apt {rng.randrange(1, 40)}" if rng.random() < 0.15 and country != "DE" else ""
    return Home(str(rng.randrange(1, 1400 if country != "DE" else 160)), street, unit, postcode, place)


def _email(rng: Random, given: str, surname: str, number: int) -> str:
    if number == BOUNCING:
        return f"bounce+c{number}@simulator.amazonses.com"
    if number == COMPLAINING:
        return f"complaint+c{number}@simulator.amazonses.com"
    form = rng.choice(("{g}.{s}{n}", "{s}{n}", "{g}{n}", "{i}{s}{n}"))
    local = form.format(g=given, s=surname, i=given[:1], n=number)
    return f"{_plain(local)}@{rng.choice(words.MAIL_DOMAINS)}"


def _phone(number: int, country: str) -> str:
    """E.164; ranges that are set aside for fiction as far as they reach."""
    if country in ("US", "CA"):
        codes = words.AREA_CODES if country == "US" else words.AREA_CODES_CA
        area, line = codes[number % len(codes)], 100 + number // len(codes)
        return f"+1{area}555{line % 10000:04}"
    if country == "DE":
        return f"+493023125{number:03}" if number < 1000 else f"+4915555{number % 1000000:06}"
    return f"+614915{number % 100000:05}"


_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", " ": "", "'": ""})


def _plain(text: str) -> str:
    return text.lower().translate(_FOLD)
