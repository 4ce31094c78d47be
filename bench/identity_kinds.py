"""Invented sets of several kinds, each dirty in a way of its own: what a matcher meets beyond the reference sets.

    register    voters and the like: families, namesakes, short and middle names, marriages, moves; few slips
    germany     umlauts and their spellings, double names, titles, street forms; one telephone a family
    parish      people of old books: sounds written down, years about right, a town and no address
    scanned     forms read by a machine: letters taken for digits, parts lost, whole address in one line
    customers   names with mailboxes and telephones, addresses for a half; nicknames, second mailboxes
    relatives   homes of parents, twins, and fathers and sons of one name, no shared number
    strangers   everybody lives alone; values slipped, lost, exchanged or replaced by somebody else's

The truth is known because they are made here. `TUNED` were looked at while limits were chosen, `HELD_OUT` were not.
"""

from collections.abc import Callable
from random import Random

Fields = dict[str, str]
Sets = tuple[dict[str, Fields], dict[str, str]]
Spoil = Callable[[Random, Fields], Fields]

TUNED = ("register", "customers", "relatives")
HELD_OUT = ("germany", "parish", "scanned", "strangers")


def _listed(names: str) -> list[str]:
    return names.split()


_WOMEN = _listed(
    "Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Nancy Lisa Margaret Betty Sandra Ashley Dorothy Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura Sharon Cynthia Kathleen Amy Angela Shirley Anna Brenda Pamela Emma Nicole Helen Samantha Katherine Christine Debra Rachel Carolyn Janet Catherine Maria Heather Diane Ruth Julie Olivia Joyce Virginia"
)
_MEN = _listed(
    "James Robert John Michael David William Richard Joseph Thomas Charles Christopher Daniel Matthew Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Timothy Ronald Edward Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin Samuel Gregory Alexander Frank Patrick Raymond Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry"
)
_FRAUEN = _listed(
    "Ursula Monika Petra Sabine Renate Helga Karin Brigitte Ingrid Erika Andrea Gisela Claudia Susanne Gabriele Christa Christine Hildegard Anna Birgit Elke Barbara Stefanie Jutta Heike Angelika Martina Katharina Anja Julia Nicole Käthe Jördis Bärbel"
)
_MAENNER = _listed(
    "Peter Michael Thomas Andreas Wolfgang Klaus Jürgen Günter Stefan Christian Uwe Werner Horst Frank Dieter Manfred Gerhard Hans Bernd Torsten Matthias Helmut Walter Heinz Martin Jörg Rolf Jens Sven Alexander Jan Rainer Holger Karl Götz"
)
_SHORT = {
    "Elizabeth": "Liz", "Robert": "Bob", "William": "Bill", "Michael": "Mike", "Jennifer": "Jen", "Katherine": "Kate",
    "Thomas": "Tom", "Margaret": "Peggy", "James": "Jim", "Richard": "Rick", "Joseph": "Joe", "Deborah": "Debbie",
    "Christopher": "Chris", "Daniel": "Dan", "Matthew": "Matt", "Anthony": "Tony", "Susan": "Sue", "Edward": "Ted",
    "Patricia": "Pat", "Rebecca": "Becky", "Samuel": "Sam", "Nicholas": "Nick", "Andrew": "Andy", "Jeffrey": "Jeff",
    "Hans": "Hannes", "Katharina": "Kathi", "Stefanie": "Steffi", "Alexander": "Alex", "Johannes": "Hans",
}  # fmt: skip
_STEMS = _listed(
    "Ander Bar Bracken Car Col Daven Dor Ed Fair Far Gard Gar Hal Har Hath Hol Jen John Kel Lang Law Mar Mer Nor Os Park Pat Pem Quin Rad Ram Rich Rob Sand Shel Stan Sut Thorn Un Ven Wal Wat Web Wil Win Wood Yar"
)
_ENDS = _listed("son ton ham ley man er field berg well ford land by worth ing den s wick bury more")
_COMMON = _listed(
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Nguyen"
)
_NACHNAMEN = _listed(
    "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Schmitz Krause Meier Lehmann Köhler Böhm Günther Weiß Groß Jäger Möller Vogt Löffler Kühn Großmann Özdemir Yılmaz Nowak Kowalski"
)
_STREETS = _listed(
    "Maple Oak Cedar Pine Elm Washington Lake Hill Walnut Spring North Ridge Church Willow Mill Sunset Railroad Jackson West Park Highland Johnson Dogwood Chestnut Adams River Forest Meadow Franklin Birch Cherry Lincoln Hickory Center Locust Poplar"
)
_STRASSEN = _listed(
    "Hauptstraße Bahnhofstraße Gartenweg Dorfstraße Schulstraße Bergstraße Kirchgasse Lindenallee Waldweg Ringstraße Goethestraße Anger Rosenweg Mühlenweg Beethovenstraße Friedhofstraße Wiesengrund Birkenweg Mozartstraße Parkstraße Schloßplatz Uferstraße Blumenweg Jahnstraße Kantstraße"
)
_KINDS = ("Street", "Road", "Drive", "Lane", "Avenue", "Court")
_SHORTER = {"Street": "St", "Road": "Rd", "Drive": "Dr", "Lane": "Ln", "Avenue": "Ave", "Court": "Ct"}
_TOWNS = [
    f"{a}{b}"
    for a in ("Green", "Clay", "Fay", "High", "Salis", "Win", "Stone", "Kings", "Ash", "Bur")
    for b in ("ville", "boro", "ton", "field")
]
_STAEDTE = [
    f"{a}{b}"
    for a in ("Neu", "Ober", "Alten", "Bad ", "Grün", "Wald", "Lang", "Schön")
    for b in ("stadt", "hausen", "kirchen", "berg", "feld")
]
_SOUNDS = (
    ("ie", "y"),
    ("y", "ie"),
    ("ck", "k"),
    ("k", "c"),
    ("ph", "f"),
    ("ss", "s"),
    ("tt", "t"),
    ("ea", "ee"),
    ("er", "ar"),
    ("son", "sen"),
    ("th", "t"),
    ("ll", "l"),
    ("c", "k"),
    ("ey", "y"),
    ("au", "aw"),
)
_SHAPES = (
    ("o", "0"),
    ("l", "1"),
    ("i", "1"),
    ("rn", "m"),
    ("m", "rn"),
    ("s", "5"),
    ("e", "c"),
    ("h", "b"),
    ("n", "u"),
    ("8", "3"),
    ("5", "6"),
    ("1", "7"),
    ("cl", "d"),
)


class Land:
    """Where the people of a set come from: how they are called and where they live."""

    def __init__(self, rng: Random, german: bool = False) -> None:
        self.rng, self.german = rng, german
        names = _NACHNAMEN if german else _COMMON
        rare = [stem + end for stem in _STEMS for end in _ENDS] if not german else [a + b for a in ("Alt", "Brand", "Dorn", "Eich", "Feld", "Grün", "Hager", "Kalt", "Licht", "Stein", "Wind", "Acker") for b in ("mann", "huber", "meier", "bauer", "stein", "müller", "hoff", "ner")]  # fmt: skip
        rng.shuffle(rare)
        self.surnames = names + rare
        self.weights = [1 / (at + 6) for at in range(len(self.surnames))]
        self.streets = _STRASSEN if german else [f"{name} {kind}" for name in _STREETS for kind in _KINDS]
        self.towns = [(town, f"{rng.randrange(10, 99)}") for town in (_STAEDTE if german else _TOWNS)]

    def surname(self) -> str:
        return self.rng.choices(self.surnames, self.weights)[0]

    def given(self, woman: bool) -> str:
        names = (_FRAUEN if woman else _MAENNER) if self.german else (_WOMEN if woman else _MEN)
        return self.rng.choices(names, [1 / (at + 8) for at in range(len(names))])[0]

    def address(self) -> Fields:
        rng = self.rng
        town, start = rng.choice(self.towns)
        return {
            "street_number": str(rng.randrange(1, 150 if self.german else 2500)),
            "address1": rng.choice(self.streets),
            "city": town,
            "postcode": f"{start}{rng.randrange(40):03}",
        }

    def born(self, low: int, high: int) -> str:
        return (
            f"{self.rng.randrange(low, high)}-{self.rng.randrange(1, 13):02}-{self.rng.randrange(1, 29):02}"
        )

    def phone(self) -> str:
        return f"+49 30 {self.rng.randrange(10**6, 10**7)}" if self.german else f"+1 919 {self.rng.randrange(200, 999)} {self.rng.randrange(10**4):04}"  # fmt: skip

    def person(self, woman: bool, surname: str, place: Fields, born: str) -> Fields:
        rng = self.rng
        given = self.given(woman)
        handle = rng.choice((f"{given}.{surname}", f"{given[0]}{surname}", f"{surname}{born[2:4]}", f"{given}{rng.randrange(999)}"))  # fmt: skip
        mail = (
            f"{handle}@{rng.choice(('mail', 'post', 'web', 'box'))}.test".lower()
            .encode("ascii", "ignore")
            .decode()
        )
        return place | {"given_name": given, "surname": surname, "date_of_birth": born, "phone": self.phone(), "email": mail, "woman": "1" if woman else "", "middle": rng.choice("ABCDEFGHJKLMRSTW")}  # fmt: skip

    def home(self, alone: float, twins: float = 0.02, namesakes: float = 0.015) -> list[Fields]:
        """The people of one address: one, a couple, or a family; never two living children of one given name."""
        rng, place, surname = self.rng, self.address(), self.surname()
        woman = rng.random() < 0.5
        first = self.person(woman, surname, place, self.born(1935, 1990))
        if rng.random() < alone:
            return [first]
        people, year = [first], int(first["date_of_birth"][:4])
        if rng.random() < 0.8:
            other = surname if rng.random() < 0.85 else self.surname()
            people.append(self.person(not woman, other, place, self.born(year - 6, year + 7)))
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
            born = people[-1]["date_of_birth"] if rng.random() < twins and len(people) > 2 else self.born(year + 19, year + 38)  # fmt: skip
            child = self.person(rng.random() < 0.5, surname, place, born)
            taken = {person["given_name"] for person in people}
            while child["given_name"] in taken:
                child = self.person(bool(child["woman"]), surname, place, born)
            if rng.random() < namesakes:
                elder = next((p for p in people[:2] if p["woman"] == child["woman"]), None)
                if elder is not None and elder["given_name"] not in {p["given_name"] for p in people[2:]}:
                    child["given_name"] = elder["given_name"]
                    child["suffix"], elder["suffix"] = " Jr", " Sr"
            people.append(child)
        if rng.random() < 0.5:
            for person in people[1:]:
                if rng.random() < 0.7:
                    person["phone"] = first["phone"]
        if rng.random() < 0.25:
            for person in people[1:]:
                person["email"] = first["email"]
        return people


def made(kind: str, seed: int = 1, homes: int = 900) -> Sets:
    """A set of a kind: records by subject, and the person of each."""
    rng = Random(f"{kind} {seed}")
    land = Land(rng, kind == "germany")
    alone = {"strangers": 1.0, "relatives": 0.15, "customers": 0.6, "parish": 0.5}.get(kind, 0.4)
    twins, namesakes = (0.15, 0.1) if kind == "relatives" else (0.02, 0.015)
    records: dict[str, Fields] = {}
    truth: dict[str, str] = {}
    person = 0
    for _ in range(homes):
        for who in land.home(alone, twins, namesakes):
            person += 1
            life = dict(who)
            for copy in range(
                rng.choice((1, 1, 1, 2, 2, 3, 4)) if kind != "strangers" else rng.choice((1, 1, 2, 2, 3))
            ):
                if copy and kind in ("register", "germany", "customers") and rng.random() < 0.12:
                    life |= land.address()
                if copy and kind in ("register", "germany") and life["woman"] and rng.random() < 0.06:
                    life["surname"] = land.surname()
                written = {f: v for f, v in life.items() if f != "woman"}
                if rng.random() < 0.6:
                    written["surname"] += life.get("suffix", "")
                row = _SPOILT[kind](rng, written)
                subject = f"{kind}/{rng.randrange(10**9):09}"
                records[subject] = {f: v for f, v in row.items() if v and f not in ("middle", "suffix")}
                truth[subject] = str(person)
    order = sorted(records)
    return {subject: records[subject] for subject in order}, {subject: truth[subject] for subject in order}


def slip(rng: Random, text: str) -> str:
    """One slip of a finger: a letter too many, too few, another, or two exchanged; digits stay digits."""
    if len(text) < 2:
        return text
    at = rng.randrange(len(text) - 1)
    new = str(rng.randrange(10)) if text[at].isdigit() else rng.choice("abcdefghijklmnopqrstuvwxyz")
    return rng.choice((text[:at] + text[at + 1 :], text[:at] + new + text[at + 1 :], text[:at] + text[at + 1] + text[at] + text[at + 2 :], text[:at] + new + text[at:]))  # fmt: skip


def _lose(rng: Random, row: Fields, **chances: float) -> Fields:
    return {
        field: value
        for field, value in row.items()
        if rng.random() >= chances.get(field, chances.get("rest", 0.0))
    }


def _register(rng: Random, row: Fields) -> Fields:
    row.pop("email")
    row["given_name"] = (
        _SHORT.get(row["given_name"], row["given_name"]) if rng.random() < 0.08 else row["given_name"]
    )
    if rng.random() < 0.4:
        row["given_name"] += f" {row['middle']}"
    number, street = row.pop("street_number"), row["address1"]
    if rng.random() < 0.5:
        street = " ".join(_SHORTER.get(word, word) for word in street.split())
    row["address1"] = f"{number} {street}"
    for field in ("given_name", "surname", "address1", "date_of_birth"):
        if rng.random() < 0.03:
            row[field] = slip(rng, row[field])
    return _lose(rng, row, phone=0.5, date_of_birth=0.1)


def _customers(rng: Random, row: Fields) -> Fields:
    if rng.random() < 0.15:
        row["given_name"] = _SHORT.get(row["given_name"], row["given_name"])
    if rng.random() < 0.15:
        row["email"] = f"{row['given_name']}{rng.randrange(99)}@other.test".lower()
    if rng.random() < 0.5:
        for field in ("street_number", "address1", "city", "postcode"):
            row.pop(field)
    if rng.random() < 0.1:
        row["given_name"] = row["given_name"][0]
    for field in list(row):
        if rng.random() < 0.04:
            row[field] = slip(rng, row[field])
    if rng.random() < 0.04:
        row["given_name"], row["surname"] = row["surname"], row["given_name"]
    return _lose(rng, row, phone=0.35, email=0.3, date_of_birth=0.6)


def _relatives(rng: Random, row: Fields) -> Fields:
    row.pop("phone"), row.pop("email")
    for field in list(row):
        if rng.random() < 0.06:
            row[field] = slip(rng, row[field])
    return _lose(rng, row, date_of_birth=0.15, given_name=0.01, street_number=0.03)


def _germany(rng: Random, row: Fields) -> Fields:
    spelt = rng.choice(({}, {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ı": "i", "Ö": "Oe"}, {"ä": "a", "ö": "o", "ü": "u", "ß": "ss", "ı": "i", "Ö": "O"}))  # fmt: skip
    for field in ("given_name", "surname", "address1", "city"):
        for one, two in spelt.items():
            row[field] = row[field].replace(one, two)
        if rng.random() < 0.04:
            row[field] = slip(rng, row[field])
    if rng.random() < 0.5:
        row["address1"] = row["address1"].replace("straße", "str.").replace("strasse", "str.")
    row["address1"] += f" {row.pop('street_number')}"
    if rng.random() < 0.06:
        row["surname"] += f"-{rng.choice(_NACHNAMEN)}"
    if rng.random() < 0.06:
        row["given_name"] = f"Dr. {row['given_name']}"
    if rng.random() < 0.05 and row["date_of_birth"][8:] < "13":
        y, m, d = row["date_of_birth"].split("-")
        row["date_of_birth"] = f"{y}-{d}-{m}"
    return _lose(rng, row, date_of_birth=0.4, phone=0.4, email=0.5, given_name=0.02)


def _parish(rng: Random, row: Fields) -> Fields:
    kept = {f: row[f] for f in ("given_name", "surname", "date_of_birth", "city")}
    for field in ("given_name", "surname", "city"):
        if rng.random() < 0.25:
            one, two = rng.choice(_SOUNDS)
            kept[field] = kept[field].replace(one, two)
    year, rest = kept["date_of_birth"].split("-", 1)
    if rng.random() < 0.15:
        year = str(int(year) + rng.choice((-1, 1, -2, 10)))
    if rng.random() < 0.1:
        rest = "01-01"
    kept["date_of_birth"] = f"{year}-{rest}"
    if rng.random() < 0.1:
        kept["given_name"] = kept["given_name"][:4]
    return _lose(rng, kept, city=0.1, date_of_birth=0.08)


def _scanned(rng: Random, row: Fields) -> Fields:
    row["address1"] = f"{row.pop('street_number')} {row['address1']}"
    row.pop("email")
    for field, value in row.items():
        for one, two in _SHAPES:
            if rng.random() < 0.035:
                value = value.replace(one, two, 1)
        if rng.random() < 0.03:
            value = value[: max(2, len(value) * 2 // 3)]
        row[field] = value.upper() if rng.random() < 0.7 else value
    return _lose(rng, row, phone=0.4, rest=0.04)


def _strangers(rng: Random, row: Fields) -> Fields:
    row.pop("phone"), row.pop("email")
    row["national_id"] = (
        f"{Random(row['surname'] + row['date_of_birth'] + row['address1']).randrange(10**6, 10**7)}"
    )
    other = Land(rng)
    fresh = other.person(rng.random() < 0.5, other.surname(), other.address(), other.born(1930, 2000))
    for field in list(row):
        chance = rng.random()
        if chance < 0.05:
            row[field] = slip(rng, row[field])
        elif chance < 0.07:
            row[field] = fresh.get(field, row[field])
    if rng.random() < 0.03:
        row["given_name"], row["surname"] = row["surname"], row["given_name"]
    return _lose(rng, row, rest=0.04)


_SPOILT: dict[str, Spoil] = {
    "register": _register, "customers": _customers, "relatives": _relatives, "germany": _germany, "parish": _parish,
    "scanned": _scanned, "strangers": _strangers,
}  # fmt: skip
