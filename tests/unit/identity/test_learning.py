"""What files teach: thresholds, weights, frequencies of names, and whether there are families; from the records alone."""

import gc
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.identity_kinds import made
from courtesy.identity import weights
from courtesy.identity.families import holds_families
from courtesy.identity.link import judge, rarity
from courtesy.identity.normalise import traits_of
from courtesy.identity.offline import resolve_records, score_of
from courtesy.identity.rules import IdentityRules, NameFrequencies
from courtesy.identity.traits import Traits
from courtesy.identity.weights import LEAST, LIMIT, learn

SHIPPED = IdentityRules()


def people(kind: str, homes: int, seed: int = 5) -> list[Traits]:
    records, _ = made(kind, seed, homes)
    return [traits_of(record) for record in records.values()]


def test_the_order_of_the_records_teaches_nothing() -> None:
    taught = people("customers", 60)
    shuffled = Random(1).sample(taught, len(taught))  # noqa: S311 - an order, no secret
    assert learn(taught, SHIPPED) == learn(shuffled, SHIPPED)


def test_few_records_change_next_to_nothing() -> None:
    learnt = learn([traits_of({"name": "Anna Reed"}), traits_of({"name": "Tom Okafor"})], SHIPPED).rules
    assert (learnt.same, learnt.families) == (SHIPPED.same, True)
    assert learn([], SHIPPED).rules.same == SHIPPED.same


def test_as_many_matches_are_expected_as_there_are() -> None:
    records, truth = made("strangers", 3, 300)
    learnt = learn([traits_of(record) for record in records.values()], SHIPPED)
    homes: dict[str, int] = {}
    for person in truth.values():
        homes[person] = homes.get(person, 0) + 1
    pairs = sum(n * (n - 1) // 2 for n in homes.values())
    assert learnt.matches == pytest.approx(pairs, rel=0.05)
    assert LEAST <= learnt.rules.same < SHIPPED.same
    assert learnt.rules.possible < learnt.rules.same
    assert all(abs(bits) <= LIMIT for table in learnt.rules.weights.values() for bits in table.values())


@pytest.mark.parametrize("kind", ["germany", "scanned", "relatives"])
def test_what_was_learnt_keeps_families_apart(kind: str) -> None:
    records, truth = made(kind, 7, 120)
    shipped, taught = (resolve_records(records, SHIPPED, train=train) for train in (False, True))
    assert taught.rules.families
    assert score_of(taught.customers, truth).precision >= 0.99
    assert score_of(taught.customers, truth).f1 >= score_of(shipped.customers, truth).f1 - 0.02


def test_where_nobody_shares_a_home_a_wrong_given_name_is_outweighed() -> None:
    records, truth = made("strangers", 2, 400)
    cut = {
        s: {f: v for f, v in r.items() if f not in ("national_id", "date_of_birth")}
        for s, r in records.items()
    }
    shipped, taught = (resolve_records(cut, SHIPPED, train=train) for train in (False, True))
    assert not taught.rules.families
    assert score_of(taught.customers, truth).precision >= 0.999
    assert score_of(taught.customers, truth).recall > score_of(shipped.customers, truth).recall + 0.05


@pytest.mark.parametrize("without", [(), ("date_of_birth",)])
@pytest.mark.parametrize(("kind", "families"), [("register", True), ("germany", True), ("strangers", False)])
def test_families_are_told_from_slips(kind: str, families: bool, without: tuple[str, ...]) -> None:
    records, _ = made(kind, 4, 400)
    told = [
        traits_of({f: v for f, v in r.items() if f not in (*without, "national_id")})
        for r in records.values()
    ]
    assert holds_families(told) is families


def test_a_few_families_among_many_show() -> None:
    alone, _ = made("strangers", 4, 500)
    some, _ = made("relatives", 4, 25)
    told = [
        traits_of({f: v for f, v in r.items() if f not in ("national_id", "date_of_birth")})
        for r in (*alone.values(), *some.values())
    ]
    assert holds_families(told)


def test_too_few_to_tell_are_taken_for_families() -> None:
    assert holds_families(people("strangers", 20))
    assert holds_families([])
    addressless = [traits_of({"given_name": "Anna", "surname": f"Reed{n % 40}"}) for n in range(400)]
    assert holds_families(addressless)


def test_a_frequent_name_says_less_and_a_rare_one_a_little_more() -> None:
    rules = SHIPPED.model_copy(
        update={"frequencies": NameFrequencies(given={"john": 0.04}, surname={"smith": 0.02})}
    )
    john, jorun = traits_of({"name": "John Smith"}), traits_of({"name": "Jorun Quist"})
    assert rarity(john, john, SHIPPED) == 0
    assert rarity(john, john, rules) < -5
    assert rarity(jorun, jorun, rules) == 2.0
    assert rarity(john, traits_of({"name": "J Quist"}), rules) == 0
    assert judge(john, john, rules).weight < judge(jorun, jorun, rules).weight


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"name": st.sampled_from(["Anna Reed", "Tom Okafor", ""])}), max_size=30)
)
def test_any_list_can_be_learnt_from(rows: list[dict[str, str]]) -> None:
    learnt = learn([traits_of(row) for row in rows], SHIPPED).rules
    assert IdentityRules.model_validate(learnt.model_dump(mode="json")) == learnt
    assert learnt.possible <= learnt.same


def test_an_own_birthday_or_document_tells_which_it_is() -> None:
    """A given name that is often wrong, beside birthdays that agree, is a slip; beside others' birthdays it is a relative."""
    home = {"surname": "Reed", "postcode": "60614", "city": "Chicago"}
    slips, relatives = [], []
    for n in range(150):
        one = home | {"given_name": "Anna", "street_number": str(n), "address1": f"Elm{n} Road", "date_of_birth": f"19{n % 90 + 10}-05-17"}  # fmt: skip
        other = one | ({"given_name": "Gustavo"} if n < 40 else {})
        slips += [one, other]
        relatives += [one, other | ({"date_of_birth": "2004-11-30"} if n < 40 else {})]
    assert not holds_families([traits_of(row) for row in slips])
    assert holds_families([traits_of(row) for row in relatives])


@pytest.mark.parametrize("on", [True, False])
def test_linking_leaves_the_collector_as_it_was(on: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        resolve_records({"crm/1": {"name": "Anna Reed"}}, SHIPPED)
        assert gc.isenabled() is on
    finally:
        (gc.enable if was else gc.disable)()


def test_of_very_many_pairs_every_so_many_th_is_held_and_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taught = people("strangers", 300)
    whole = learn(taught, SHIPPED)
    monkeypatch.setattr(weights, "MOST_HELD", whole.pairs)
    some = learn(taught, SHIPPED)
    assert some.pairs < whole.pairs / 2, "a pair of one person meets many times"
    assert whole.matches / 2 < some.matches < whole.matches * 2
    assert learn(taught[::-1], SHIPPED) == some, "in whatever order"
