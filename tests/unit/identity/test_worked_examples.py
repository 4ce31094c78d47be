"""Who is one person and who is not: cases that a clerk would decide without thinking, and cases that a clerk should see."""

import pytest

from courtesy.identity.link import judge
from courtesy.identity.memory import MemoryIndex
from courtesy.identity.normalise import traits_of
from courtesy.identity.rules import NameFrequencies
from tests.unit.identity.people import RULES, arrive, customers, record

ANNA = {
    "given_name": "Anna", "surname": "Kowalski", "date_of_birth": "1984-05-17", "address1": "12 Harbour Street",
    "postcode": "60614", "city": "Chicago", "email": "anna.kowalski@mail.test", "phone": "+13125550123",
}  # fmt: skip
NOBODY = dict.fromkeys(ANNA, "")


def verdict(changes: dict[str, str], base: dict[str, str] = ANNA) -> str:
    """The verdict on a record and the same record with changes."""
    return judge(traits_of(base), traits_of(base | changes), RULES).verdict


@pytest.mark.parametrize(
    ("case", "changes"),
    [
        ("the same in capitals", {"given_name": "ANNA", "surname": "KOWALSKI"}),
        ("names exchanged", {"given_name": "Kowalski", "surname": "Anna"}),
        ("moved", {"address1": "900 Pine Road", "postcode": "98101", "city": "Seattle"}),
        ("married", {"surname": "Bergström", "email": ""}),
        ("a slip in the birthday", {"date_of_birth": "1984-05-71"}),
        ("day and month exchanged", {"date_of_birth": "1984-05-17", "email": "", "phone": ""}),
        ("no address, other phone", {"address1": "", "postcode": "", "city": "", "phone": "+13125550999"}),
        ("placeholders", {"date_of_birth": "1900-01-01", "phone": "000-000", "email": "n/a"}),
        ("title and accents", {"given_name": "Dr. Änna", "surname": "Kowálski"}),
    ],
)
def test_one_person(case: str, changes: dict[str, str]) -> None:
    assert verdict(changes) == "same", case


MAILBOX = NOBODY | {"email": ANNA["email"]}


def test_nothing_but_one_mailbox_is_one_customer() -> None:
    assert verdict({}, MAILBOX) == "same", "nobody is written to twice"
    assert verdict({"email": "Anna.Kowalski@MAIL.test"}, MAILBOX) == "same"
    assert verdict({"email": "anna.k@mail.test"}, MAILBOX) != "same"
    assert judge(traits_of(MAILBOX), traits_of(MAILBOX), RULES, dull=["email"]).verdict == "different"


@pytest.mark.parametrize("field", ["given_name", "surname", "date_of_birth", "address1", "postcode", "phone"])
def test_a_mailbox_and_anything_of_a_person_is_for_people_to_decide(field: str) -> None:
    assert verdict({field: ANNA[field]}, MAILBOX) != "same"


def test_a_mailbox_does_not_bring_two_people_together() -> None:
    index = MemoryIndex()
    one, two = record("crm/1", **MAILBOX), record("shop/2", **MAILBOX)
    anna, paul = record("crm/3", **ANNA), record("crm/4", **(ANNA | {"given_name": "Paul"}))
    arrive(index, [anna, one], [paul, two], rules=RULES)
    subjects = ["crm/1", "shop/2", "crm/3", "crm/4"]
    assert customers(index, subjects) == [["crm/1", "shop/2"], ["crm/3"], ["crm/4"]]


def test_short_forms_of_a_given_name_are_one_person() -> None:
    robert = ANNA | {"given_name": "Robert", "email": ""}
    assert verdict({"given_name": "Bob"}, robert) == "same"


@pytest.mark.parametrize(
    ("case", "changes"),
    [
        ("a couple that shares an e-mail", {"given_name": "Peter", "date_of_birth": "1981-11-02"}),
        ("a couple whose birthdays nobody knows", {"given_name": "Peter", "date_of_birth": ""}),
        ("twins", {"given_name": "Petra", "email": ""}),
        ("mother and daughter of one name", {"date_of_birth": "2009-02-28", "email": ""}),
        ("senior and junior", {"surname": "Kowalski Jr", "date_of_birth": ""}),
        (
            "a colleague at the switchboard",
            NOBODY | {"given_name": "Tom", "surname": "Reed", "phone": ANNA["phone"]},
        ),
    ],
)
def test_two_people(case: str, changes: dict[str, str]) -> None:
    base = ANNA | {"surname": "Kowalski Sr"} if "junior" in case else ANNA
    assert verdict(changes, base) != "same", case


def test_namesakes_far_apart_are_two_people() -> None:
    far = {
        "date_of_birth": "",
        "address1": "5 Elm Road",
        "postcode": "10001",
        "city": "New York",
        "email": "",
        "phone": "",
    }
    assert verdict(far) == "different"


@pytest.mark.parametrize("field", ["phone", "email"])
def test_a_key_that_many_share_links_nobody(field: str) -> None:
    shared = {"phone": "+13125550000", "email": "family.shop@mail.test"}[field]
    names = [
        "Ada Moss",
        "Bo Reed",
        "Cleo Park",
        "Dirk Frey",
        "Elif Kaya",
        "Finn Dahl",
        "Gus Ochoa",
        "Hana Sato",
    ]
    people = [record(f"crm/{n}", name=name, **{field: shared}) for n, name in enumerate(names)]
    twice = [record("web/1", name="Ada Moss", **{field: shared})]
    index = MemoryIndex()
    arrive(index, people[:3], twice)
    assert len(customers(index, ["crm/0", "web/1"])) == 1, "few holders: the key still speaks"
    arrive(index, people[3:])
    subjects = [f"crm/{n}" for n in range(len(people))] + ["web/1"]
    assert len(customers(index, subjects)) == len(subjects), "many holders: it says nothing any more"


def test_look_alikes_in_between_do_not_chain_father_and_son() -> None:
    index = MemoryIndex()
    father = record("crm/1", **ANNA | {"given_name": "Karl", "date_of_birth": "1950-01-01", "email": ""})
    son = record("crm/2", **ANNA | {"given_name": "Karl", "date_of_birth": "1984-05-17", "email": ""})
    between = record("crm/3", **ANNA | {"given_name": "Karl", "date_of_birth": "", "email": ""})
    arrive(index, [father], [between], [son])
    groups = customers(index, ["crm/1", "crm/2", "crm/3"])
    assert ["crm/1", "crm/2", "crm/3"] not in groups
    assert not any({"crm/1", "crm/2"} <= set(group) for group in groups)


def test_short_names_that_sound_alike_by_one_consonant_are_two() -> None:
    for one, two in (("Na", "Min"), ("Mia", "Noa")):
        assert verdict({"given_name": two}, ANNA | {"given_name": one}) == "possible"


def test_twins_who_share_the_first_of_two_given_names_are_two() -> None:
    juan = ANNA | {"given_name": "Juan Carlos", "email": "familia@mail.test"}
    assert verdict({"given_name": "Juan Pablo"}, juan) == "possible"
    assert verdict({"given_name": "Juan C."}, juan) == "same"


@pytest.mark.parametrize(
    ("given", "known"), [("Na", True), ("NA", False), ("na", False), ("Nan", True), ("N", True)]
)
def test_names_that_are_written_as_names_are_no_placeholders(given: str, known: bool) -> None:
    assert bool(traits_of({"given_name": given, "surname": "Xu"}).given) is known
    assert not traits_of({"given_name": "Na", "surname": "Na"}).surname
    assert traits_of({"given_name": "Min", "surname": "Na"}).surname == "na"


def test_a_name_and_a_town_alone_are_no_person_where_nothing_is_known_of_names() -> None:
    alone = NOBODY | {field: ANNA[field] for field in ("given_name", "surname", "postcode", "city")}
    assert verdict(alone) == "possible"
    assert verdict(alone | {"phone": ANNA["phone"]}) == "same"
    taught = RULES.model_copy(update={"frequencies": NameFrequencies(surname={"nowak": 0.01})})
    assert judge(traits_of(ANNA), traits_of(alone), taught).verdict == "same"
