"""How two records agree field by field: the levels that the evidence is made of."""

import pytest

from courtesy.identity.compare import born_level, email_level, given_level, levels_of, surname_level
from courtesy.identity.normalise import traits_of


def levels(one: dict[str, str], two: dict[str, str]) -> dict[str, str]:
    """Both ways round, since agreement has no direction."""
    a, b = traits_of(one), traits_of(two)
    found = levels_of(a, b)
    assert found == levels_of(b, a)
    return found


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        ("anna", "anna", "exact"),
        ("anna maria", "anna", "exact"),
        ("florin", "florina", "near"),
        ("robert", "bob", "short"),
        ("bob", "rob", "sound"),
        ("lisa", "betty", "sound"),
        ("mark", "mary", "near"),
        ("jessica", "samantha", "different"),
        ("a", "anna", "initial"),
        ("b", "anna", "different"),
        ("maria anna", "anna", "near"),
        ("jaroslav", "jarosalv", "close"),
        ("filip", "phillipp", "sound"),
        ("person1", "person2", "different"),
    ],
)
def test_given_names(one: str, two: str, level: str) -> None:
    assert given_level(one, two) == given_level(two, one) == level


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        ("mac donald", "macdonald", "exact"),
        ("garcia lopez", "lopez", "part"),
        ("kowalski", "kowalsky", "close"),
        ("maier", "meyer", "sound"),
        ("reed", "okafor", "different"),
        ("o", "oooo", "different"),
    ],
)
def test_surnames(one: str, two: str, level: str) -> None:
    assert surname_level(one, two) == surname_level(two, one) == level


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        ("19840517", "19840517", "exact"),
        ("19840517", "19840518", "slip"),
        ("19840504", "19840405", "slip"),
        ("19840517", "19940518", "near"),
        ("19840517", "19850620", "part"),
        ("19840517", "19840101", "part"),
        ("19840517", "19841217", "near"),
        ("19840517", "19840829", "different"),
        ("198405", "19710930", "different"),
    ],
)
def test_birthdays(one: str, two: str, level: str) -> None:
    assert born_level(one, two) == born_level(two, one) == level


@pytest.mark.parametrize(
    ("one", "two", "level"),
    [
        ("anna.k@mail.test", "anna.k@mail.test", "exact"),
        ("anna.k@mail.test", "anna.k@post.test", "local"),
        ("anna.kow@mail.test", "ana.kow@mail.test", "close"),
        ("anna1@mail.test", "anna2@mail.test", "different"),
        ("ak@mail.test", "ak@post.test", "different"),
        ("anna@mail.test", "peter@mail.test", "different"),
    ],
)
def test_mailboxes(one: str, two: str, level: str) -> None:
    assert email_level(one, two) == email_level(two, one) == level


def test_a_mailbox_named_after_its_holder_says_no_more_than_the_name() -> None:
    anna = {"given_name": "Anna", "surname": "Reed"}
    named = levels(anna | {"email": "anna.reed@mail.test"}, anna | {"email": "anna.reed@post.test"})
    chosen = levels(anna | {"email": "blue.kite7@mail.test"}, anna | {"email": "blue.kite7@post.test"})
    assert "email" not in named
    assert chosen["email"] == "local"


def test_second_names_tell_namesakes_apart() -> None:
    karl = {"surname": "Reed", "given_name": "Karl"}
    assert (
        levels(karl | {"given_name": "Karl Otto"}, karl | {"given_name": "Karl E."})["middle"] == "different"
    )
    assert levels(karl | {"given_name": "Karl Otto"}, karl | {"given_name": "Karl O."})["middle"] == "exact"
    assert "middle" not in levels(karl | {"given_name": "Karl Otto"}, karl)
    assert "middle" not in levels(karl | {"given_name": "Karl Otto"}, karl | {"given_name": "Emma Otto"})


def test_generations() -> None:
    karl = {"given_name": "Karl", "surname": "Reed"}
    older, younger = karl | {"surname": "Reed Sr"}, karl | {"surname": "Reed Jr."}
    assert levels(older, younger)["generation"] == "different"
    assert levels(older, karl)["generation"] == "untold"
    assert "generation" not in levels(older, older)


def test_exchanged_names_take_the_worse_agreement_for_the_given_name() -> None:
    found = levels(
        {"given_name": "Kowalski", "surname": "Anna"}, {"given_name": "Anna", "surname": "Kowalski"}
    )
    assert (found["given"], found["surname"], found["order"]) == ("exact", "exact", "exchanged")
    wife = levels(
        {"given_name": "Kowalski", "surname": "Petra"}, {"given_name": "Jon", "surname": "Kowalski"}
    )
    assert (wife["given"], wife["surname"]) == ("different", "exact")
    one_word = levels({"surname": "Kowalski"}, {"given_name": "Kowalski", "surname": "Anna"})
    assert one_word == {"surname": "exact", "order": "exchanged"}


def test_address_lines_that_stand_the_other_way_round() -> None:
    one = {"address1": "Rosewood Gardens", "address2": "12 Curtis Place", "street_number": "3"}
    two = {"address1": "12 Curtis Place", "address2": "Rosewood Gardens", "street_number": "3"}
    assert levels(one, two) == {"number": "exact", "street": "exact"} | {
        k: v for k, v in levels(one, two).items() if k == "address2"
    }
    only = levels({"address1": "Curtis Place"}, {"address1": "Rosewood Gardens", "address2": "Curtis Place"})
    assert only["street"] == "exact"


@pytest.mark.parametrize(
    ("field", "one", "two", "level"),
    [
        ("street", {"address1": "Harbour Street"}, {"address1": "Harbor Street"}, "close"),
        ("street", {"address1": "Street Harbour"}, {"address1": "Harbour Street"}, "near"),
        ("street", {"address1": "Harbour Street"}, {"address1": "Elm Road"}, "different"),
        ("number", {"street_number": "12"}, {"street_number": "13"}, "close"),
        ("number", {"street_number": "12"}, {"street_number": "407"}, "different"),
        ("postcode", {"postcode": "60614"}, {"postcode": "60641"}, "slip"),
        ("postcode", {"postcode": "60614"}, {"postcode": "10001"}, "different"),
        ("state", {"state": "il"}, {"state": "IL"}, "exact"),
        ("state", {"state": "il"}, {"state": "ny"}, "different"),
        ("city", {"city": "Chicago"}, {"city": "Chicgo"}, "close"),
        ("phone", {"phone": "+1 312 555 0123"}, {"phone": "(312) 555-0123"}, "exact"),
        ("national_id", {"national_id": "7535316"}, {"national_id": "7535361"}, "slip"),
        ("keys", {"loyalty_no": "LP-1009"}, {"loyalty_no": "lp1009"}, "exact"),
    ],
)
def test_other_fields(field: str, one: dict[str, str], two: dict[str, str], level: str) -> None:
    assert levels(one, two)[field] == level


def test_a_vehicle_is_a_key_with_its_owners_surname_only() -> None:
    vin = {"vin": "WVWZZZ1JZXW000001"}
    same = levels({"surname": "Reed"} | vin, {"surname": "Reed", "given_name": "Ann"} | vin)
    sold = levels({"surname": "Reed"} | vin, {"surname": "Okafor"} | vin)
    assert same["keys"] == "exact"
    assert "keys" not in sold
    assert traits_of(vin).keys == ()
    assert traits_of({"surname": "Reed", "vin": "0000000000"}).keys == ()
    assert traits_of({"surname": "Reed", "vin": "12"}).keys == ()
