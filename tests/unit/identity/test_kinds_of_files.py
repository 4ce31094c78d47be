"""Files of kinds that fool a matcher: families without a single duplicate, an address of hundreds, dates that forms fill in."""

from random import Random

from courtesy.identity.families import holds_families
from courtesy.identity.link import judge, levels_between
from courtesy.identity.normalise import traits_of, words
from courtesy.identity.offline import resolve_records
from courtesy.identity.rules import IdentityRules, NameFrequencies
from courtesy.identity.traits import Traits
from courtesy.identity.weights import learn

GIVEN = ("Anna", "Boris", "Carla", "David", "Elena", "Felix", "Greta", "Hugo", "Irene", "Jakob", "Karin", "Lukas", "Marta", "Nils", "Olga", "Peter")  # fmt: skip
_STEMS = ("Berg", "Dorn", "Feld", "Hart", "Kalt", "Licht", "Neu", "Stein", "Wald", "Wind")
SURNAMES = [stem + end for stem in _STEMS for end in ("mann", "huber", "bauer")]

Records = dict[str, dict[str, str]]


def homes(seed: int, number: int, born: bool = True) -> Records:
    """Families of one address and surname, each person once; the mailbox is the family's in a third of them."""
    rng = Random(seed)  # noqa: S311 - invented people
    people: Records = {}
    for home in range(number):
        place = {
            "surname": rng.choice(SURNAMES), "street_number": str(rng.randrange(1, 90)), "address1": f"{rng.choice(SURNAMES)}weg",
            "city": f"{rng.choice(SURNAMES)}stadt", "postcode": str(rng.randrange(10_000, 99_000)),
        }  # fmt: skip
        shared = rng.random() < 1 / 3
        for given in rng.sample(GIVEN, rng.randrange(2, 5)):
            person = place | {"given_name": given, "email": f"{'home' if shared else given}{home}@mail.test"}
            if born:
                person["date_of_birth"] = f"{rng.randrange(1940, 2005)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"  # fmt: skip
            people[f"file/{len(people)}"] = person
    return people


def test_families_without_any_duplicate_stay_who_they_are() -> None:
    for born in (True, False):
        people = homes(3, 150, born)
        resolved = resolve_records(dict(people), IdentityRules(), train=True)
        assert resolved.rules.families
        assert len(set(resolved.customers.values())) == len(people)


def test_fathers_and_sons_of_one_name_do_not_make_slips_usual() -> None:
    people = homes(4, 120)
    juniors = {f"{s}-son": p | {"date_of_birth": f"2{p['date_of_birth'][1:]}"} for s, p in people.items() if s.endswith("3")}  # fmt: skip
    assert holds_families(traits_of(fields) for fields in (people | juniors).values())


def test_strangers_at_an_address_of_hundreds_are_not_one_by_their_given_name() -> None:
    rng = Random(5)  # noqa: S311 - invented people
    place = {"street_number": "60", "address1": "Oak Lane", "city": "Salisfield", "postcode": "59034"}
    names = [(given, surname) for given in GIVEN for surname in SURNAMES]
    rng.shuffle(names)
    dealer = {
        f"dealer/{n}": place | {"given_name": given, "surname": surname, "phone": "+1 919 555 2368", "email": "sales.desk@dealer.test"}
        for n, (given, surname) in enumerate(names[:120])
    }  # fmt: skip
    for train in (True, False):
        resolved = resolve_records(dict(dealer), IdentityRules(), train=train)
        assert len(set(resolved.customers.values())) == len(dealer)


def test_a_date_that_a_form_fills_in_is_nobodys_birthday() -> None:
    people = [traits_of(fields) for fields in homes(6, 150).values()]
    filled = [
        Traits(given=p.given, surname=p.surname, born="19800101") if n % 5 == 0 else p
        for n, p in enumerate(people)
    ]
    rules = learn(filled, IdentityRules()).rules
    assert rules.empty_dates == ("19800101",)
    one = Traits(given="anna", surname="bergmann", born="19800101")
    for other in (one, Traits(given="anna", surname="bergmann", born="19620304")):
        assert "born" not in levels_between(one, other, rules)
    assert learn(people, IdentityRules()).rules.empty_dates == ()


def test_two_names_that_both_are_frequent_are_no_slip() -> None:
    home = {"surname": "Nakajima", "street_number": "7", "address1": "Sakae", "postcode": "9634680"}
    yui, yuki = (traits_of(home | {"given_name": name}) for name in ("Yui", "Yuki"))
    known = IdentityRules(frequencies=NameFrequencies(given={"yui": 0.03, "yuki": 0.04}))
    assert levels_between(yui, yuki, IdentityRules())["given"] == "close"
    assert levels_between(yui, yuki, known)["given"] == "near"
    assert judge(yui, yuki, known).verdict != "same"


def test_mailbox_and_telephone_of_a_home_do_not_name_who_it_is() -> None:
    home = {
        "surname": "Carberg", "street_number": "16", "address1": "Birch Lane", "postcode": "76026",
        "phone": "+1 919 599 8032", "email": "carberg52@box.test",
    }  # fmt: skip
    known, unnamed = traits_of(home | {"given_name": "Elizabeth"}), traits_of(home)
    assert judge(known, unnamed, IdentityRules()).verdict == "possible"
    assert judge(known, known, IdentityRules()).verdict == "same"


def test_a_junior_and_a_namesake_without_the_word_are_for_a_person_to_tell_apart() -> None:
    home = {"given_name": "Ashley", "street_number": "542", "address1": "Locust Avenue", "postcode": "83033", "email": "thomas40@web.test"}  # fmt: skip
    elder, junior = traits_of(home | {"surname": "Thomas"}), traits_of(home | {"surname": "Thomas Jr"})
    assert judge(elder, junior, IdentityRules()).verdict == "possible"


def test_mailboxes_named_after_their_holders_are_alike_because_the_names_are() -> None:
    one = traits_of({"given_name": "Haruto", "surname": "Kato", "email": "hkato@box.test"})
    two = traits_of({"given_name": "Haruto", "surname": "Sato", "email": "hsato@box.test"})
    assert "email" not in levels_between(one, two, IdentityRules())


def test_what_stands_for_nothing_is_nothing_and_a_house_number_is_not() -> None:
    assert words("XXXXX") == words("Address unknown") == words("-") == ""
    assert words("111") == "111"
    assert traits_of({"given_name": "Mr", "surname": "Okafor"}).given == ""
    assert traits_of({"given_name": "Don", "surname": "Okafor"}).given == "don"


def test_where_nobody_lives_together_three_differences_are_two_people() -> None:
    rows = {
        "file/1": {"given_name": "emily", "surname": "hammill", "date_of_birth": "19400824", "address1": "sadlier street", "national_id": "2856601", "city": "narrandera", "postcode": "4304"},
        "file/2": {"given_name": "emily", "surname": "hammill", "date_of_birth": "19400824", "address1": "sadlier street", "city": "narrandera", "postcode": "4304"},
        "file/3": {"given_name": "emily", "surname": "coleman", "date_of_birth": "19981221", "address1": "greenhood place", "national_id": "4649734", "city": "narrandera", "postcode": "4304"},
    }  # fmt: skip
    rules = IdentityRules(families=False, same=10.0, possible=5.0)
    weak = resolve_records(rows, rules.model_copy(update={"weights": rules.weights | {"surname": dict.fromkeys(rules.weights["surname"], 9.0)}}))  # fmt: skip
    assert weak.customers["file/1"] == weak.customers["file/2"] != weak.customers["file/3"]


def test_relatives_whose_names_are_both_written_the_other_way_round_share_a_surname() -> None:
    home = {
        "street_number": "28",
        "address1": "Willow Avenue",
        "postcode": "25002",
        "email": "webman80@web.test",
    }
    mary, michael = (traits_of(home | {"name": f"Webman {name}"}) for name in ("Mary", "Michael"))
    levels = levels_between(mary, michael, IdentityRules())
    assert (levels["given"], levels["surname"]) == ("different", "exact")
    assert judge(mary, michael, IdentityRules()).verdict != "same"
    anna, married = (traits_of(home | {"given_name": "Anna", "surname": name}) for name in ("Reed", "Okafor"))
    assert levels_between(anna, married, IdentityRules())["given"] == "exact"


def test_a_name_that_ends_in_an_initial_begins_with_the_surname() -> None:
    assert traits_of({"name": "Reed Anna M"}) == traits_of({"given_name": "Anna M", "surname": "Reed"})
    assert traits_of({"name": "Anna M Reed"}) == traits_of({"given_name": "Anna M", "surname": "Reed"})
    assert traits_of({"name": "Reed A."}) == traits_of({"given_name": "A.", "surname": "Reed"})
