"""Dirty sets with another error model than the reference sets', and with families: what matching must not be fooled by.

Couples, children, twins, fathers and sons of one name, shared mailboxes and telephones, moves, marriages, names of several
countries. The truth is known because the sets are made here. They are no clean holdout: wrong pairs seen here led to rules
(documents that differ, endings of names) and to lower shares of twins and namesakes.
"""

from random import Random

GIVEN = [
    "Aisha",
    "Alejandro",
    "Amelie",
    "Andrzej",
    "Anja",
    "Bao",
    "Beatriz",
    "Boris",
    "Carmen",
    "Chiara",
    "Dagmar",
    "Darius",
    "Deepika",
    "Dmitri",
    "Eduardo",
    "Elif",
    "Emeka",
    "Fatima",
    "Femi",
    "Gabor",
    "Giulia",
    "Hanna",
    "Hassan",
    "Hiroshi",
    "Ines",
    "Ivan",
    "Jasmin",
    "Joao",
    "Jurgen",
    "Kasia",
    "Kofi",
    "Lars",
    "Leila",
    "Luca",
    "Magda",
    "Mehmet",
    "Mei",
    "Mirjana",
    "Nadia",
    "Nikos",
    "Noor",
    "Olga",
    "Omar",
    "Pavel",
    "Priya",
    "Quentin",
    "Rafael",
    "Rosa",
    "Sanjay",
    "Sigrid",
    "Sofia",
    "Svetlana",
    "Tariq",
    "Tomasz",
    "Ulrike",
    "Viktor",
    "Wanda",
    "Xavier",
    "Yasmin",
    "Yusuf",
    "Zofia",
    "Zoltan",
    "Martin",
    "Martina",
    "Stefan",
    "Stefanie",
    "Paul",
    "Paula",
    "Eric",
    "Erica",
    "Simon",
    "Simone",
]
SURNAMES = [
    "Abdullah",
    "Adeyemi",
    "Almeida",
    "Bergmann",
    "Bianchi",
    "Bogdanov",
    "Castillo",
    "Chatterjee",
    "Costa",
    "Dimitriou",
    "Dubois",
    "Eriksson",
    "Farouk",
    "Fischer",
    "Fontana",
    "Garcia",
    "Gruber",
    "Haddad",
    "Hansen",
    "Horvat",
    "Ibrahim",
    "Ivanova",
    "Jansen",
    "Jovanovic",
    "Kaplan",
    "Kim",
    "Kowalczyk",
    "Kruger",
    "Lefebvre",
    "Lindholm",
    "Lopez",
    "Marchetti",
    "Mbeki",
    "Molnar",
    "Moreau",
    "Nakamura",
    "Nguyen",
    "Novak",
    "Nowak",
    "Okonkwo",
    "Olsen",
    "Ozturk",
    "Papadopoulos",
    "Park",
    "Patel",
    "Petrov",
    "Popescu",
    "Ramirez",
    "Rossi",
    "Sato",
    "Schneider",
    "Sharma",
    "Silva",
    "Singh",
    "Sokolov",
    "Svensson",
    "Takahashi",
    "Tanaka",
    "Torres",
    "Tran",
    "Vasquez",
    "Virtanen",
    "Wagner",
    "Wang",
    "Weber",
    "Wojcik",
    "Yamamoto",
    "Yilmaz",
    "Zhang",
    "Ziegler",
]
STREETS = [
    "Acacia",
    "Bishop",
    "Castle",
    "Dunmore",
    "Eastgate",
    "Foundry",
    "Glebe",
    "Hawthorn",
    "Ironbridge",
    "Jubilee",
    "Kingsway",
    "Lancaster",
    "Meadow",
    "Northgate",
    "Orchard",
    "Priory",
    "Quarry",
    "Riverside",
    "Station",
    "Tannery",
    "Union",
    "Victoria",
    "Wharf",
    "Yew",
]
KINDS = ("Street", "Road", "Lane", "Avenue", "Close")
TOWNS = tuple((f"{name}{end}", start) for start, name in enumerate(("Ash", "Brad", "Col", "Dun", "East", "Farn", "Green", "Hart", "Kings", "Lang")) for end in ("ford", "ham", "ton"))  # fmt: skip
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

Fields = dict[str, str]
Sets = tuple[dict[str, Fields], dict[str, str]]


def own_set(seed: int, homes: int = 700, alone: float = 0.5, copies: float = 0.9, dirt: float = 0.12) -> Sets:
    """Records by subject, and the person of each.

    alone: share of homes with one person; copies: mean number of further records of a person; dirt: share of values spoilt
    """
    rng = Random(seed)
    records: dict[str, Fields] = {}
    truth: dict[str, str] = {}
    person = 0
    for _ in range(homes):
        for who in _home(rng, alone):
            person += 1
            moved = _address(rng) if rng.random() < 0.1 else None
            for copy in range(1 + _copies(rng, copies)):
                row = who | moved if moved and copy % 2 else dict(who)
                subject = f"own/{rng.randrange(10**9):09}"
                records[subject] = _spoilt(rng, row, dirt if copy else dirt / 4)
                truth[subject] = str(person)
    order = sorted(records)
    return {subject: records[subject] for subject in order}, {subject: truth[subject] for subject in order}


def _copies(rng: Random, mean: float) -> int:
    count = 0
    while rng.random() < mean / (1 + mean):
        count += 1
    return min(count, 6)


def _home(rng: Random, alone: float) -> list[Fields]:
    place = _address(rng)
    first = _person(rng, place, rng.choice(SURNAMES), rng.randrange(1940, 2000))
    if rng.random() < alone:
        return [first]
    people = [first]
    kind = rng.random()
    year, surname = int(first["date_of_birth"][:4]), first["surname"]
    if kind < 0.70:
        partner = _person(
            rng, place, surname if rng.random() < 0.8 else rng.choice(SURNAMES), year + rng.randrange(-6, 7)
        )
        people.append(partner)
    if kind > 0.55:
        child = _person(rng, place, surname, year + rng.randrange(20, 38))
        people.append(child)
        if rng.random() < 0.03:  # twins
            people.append(_person(rng, place, surname, 0) | {"date_of_birth": child["date_of_birth"]})
        _rename(rng, people)
        if rng.random() < 0.04:  # father and son of one name
            child["given_name"] = first["given_name"]
    else:
        _rename(rng, people)
    if rng.random() < 0.4:
        for other in people[1:]:
            other["phone"] = first["phone"]
    if rng.random() < 0.25:
        for other in people[1:]:
            other["email"] = first["email"]
    return people


def _rename(rng: Random, people: list[Fields]) -> None:
    """Nobody gives a second child the name of the first, and hardly anybody marries a namesake."""
    for person, name in zip(people, rng.sample(GIVEN, len(people)), strict=True):
        person["given_name"] = name


def _person(rng: Random, place: Fields, surname: str, year: int) -> Fields:
    given = rng.choice(GIVEN)
    number = rng.randrange(10**4)
    return place | {
        "given_name": given,
        "surname": surname,
        "date_of_birth": f"{year}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
        "phone": f"+1312555{number:04}",
        "email": f"{given}.{surname}{number}@mail.test".lower(),
        "national_id": f"{rng.randrange(10**8, 10**9)}",
    }


def _address(rng: Random) -> Fields:
    town, start = rng.choice(TOWNS)
    return {
        "street_number": str(rng.randrange(1, 220)),
        "address1": f"{rng.choice(STREETS)} {rng.choice(KINDS)}",
        "city": town,
        "postcode": f"{start + 1}{rng.randrange(10**4):04}",
    }


def _spoilt(rng: Random, row: Fields, dirt: float) -> Fields:
    out: Fields = {}
    for field, value in row.items():
        chance = rng.random()
        if field in ("phone", "email", "date_of_birth", "national_id") and rng.random() < 0.3:
            continue
        if chance < dirt * 0.3 and field != "surname":
            continue
        out[field] = _slip(rng, value) if chance < dirt else value
    if rng.random() < dirt / 3 and "given_name" in out:
        out["given_name"], out["surname"] = out["surname"], out["given_name"]
    elif rng.random() < dirt / 3 and "given_name" in out:
        out["given_name"] = f"{out['given_name'][0]}."
    elif rng.random() < dirt / 6:
        out["surname"] = rng.choice(SURNAMES)
    if rng.random() < dirt / 3 and out.get("date_of_birth", "").count("-") == 2:
        year, month, day = out["date_of_birth"].split("-")
        if day <= "12":
            out["date_of_birth"] = f"{year}-{day}-{month}"
    return out


def _slip(rng: Random, text: str) -> str:
    """One slip of a finger: a neighbour on the keyboard, a key hit twice or not at all, two letters changed about."""
    at = rng.randrange(len(text))
    letter = text[at].lower()
    kind = rng.randrange(4)
    if kind == 0:
        for line in _KEYBOARD:
            if letter in line:
                return text[:at] + line[max(0, line.index(letter) - 1)] + text[at + 1 :]
    if kind == 1 or not letter.isalpha():
        return (
            text[:at] + text[at] + text[at:]
            if letter.isalpha()
            else text[:at] + str(rng.randrange(10)) + text[at + 1 :]
        )
    if kind == 2 and len(text) > 3:
        return text[:at] + text[at + 1 :]
    return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :] if at else text
