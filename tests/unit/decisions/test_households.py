"""Caps on households: exact, whoever of the household reserves or claims at the same time."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from courtesy.decisions.claim import Claimed, NotClaimed, claim
from courtesy.decisions.decision import Candidate, Decision, Held, Reserved
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import cancel
from courtesy.outcomes import ContactState, Reason
from courtesy.ports import StoredProfile
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def book(at_most: int = 1, days: int = 7) -> Rulebook:
    cap = {"id": "home", "of": "household", "at_most": at_most, "rolling_days": days}
    return rulebook(trigger("a"), trigger("b"), caps=[cap])


def family(*ids: str, surname: str = "Miller") -> InMemoryCustomerStore:
    store = InMemoryCustomerStore()
    for id_ in ids:
        record = person_record(
            id_, email=f"{id_}@example.com", surname=surname, street_number="1", address1="Elm St"
        )
        store.append(id_, [record])
        refold(store, id_)
        assert store.read_profile(id_).profile.household
    return store


def ask(store: InMemoryCustomerStore, rules: Rulebook, id_: str, name: str = "a", days: int = 0) -> Decision:
    at = NOW + days * DAY
    (decision,) = reserve(
        store, id_, None, [Candidate(name, "once", at + 60 * DAY)], policy_of(rules), at, KEY
    )
    return decision


def test_a_contact_of_one_presses_on_the_others_of_the_household() -> None:
    store, rules = family("c1", "c2"), book()
    assert isinstance(ask(store, rules, "c1"), Reserved)
    second = ask(store, rules, "c2", days=3)
    assert isinstance(second, Held)
    assert (second.reason, second.rule, second.until) == (Reason.CAP, "home", NOW + 7 * DAY)
    assert isinstance(ask(store, rules, "c2", days=7), Reserved)


def test_who_lives_elsewhere_or_whose_home_is_not_known_is_not_touched() -> None:
    store, rules = family("c1"), book()
    store.append("c2", [person_record("c2", surname="Smith", street_number="1")])
    store.append("c3", [person_record("c3")])
    assert isinstance(ask(store, rules, "c1"), Reserved)
    for id_ in ("c2", "c3"):
        refold(store, id_)
        assert isinstance(ask(store, rules, id_), Reserved)


def test_a_slot_that_comes_back_is_free_for_the_others_at_once() -> None:
    store, rules = family("c1", "c2"), book()
    ask(store, rules, "c1")
    cancel(store, "c1", "a", "once", "open_case", NOW)
    assert isinstance(ask(store, rules, "c2"), Reserved)


def test_of_many_who_reserve_at_once_no_more_than_the_cap_get_one() -> None:
    ids = [f"c{n}" for n in range(12)]
    for at_most in (1, 3):
        store, rules = family(*ids), book(at_most)
        with ThreadPoolExecutor(6) as pool:
            decisions = list(pool.map(lambda id_: ask(store, rules, id_), ids))  # noqa: B023 - used at once
        assert sum(isinstance(d, Reserved) for d in decisions) == at_most


class Overtaken(InMemoryCustomerStore):
    """Another member of the household reserves between the reads and the commit."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: list[tuple[str, Rulebook]] = []

    def read_profiles(self, customer_ids: Iterable[str]) -> dict[str, StoredProfile]:
        read = super().read_profiles(customer_ids)
        if self.meanwhile:
            id_, rules = self.meanwhile.pop()
            ask(self, rules, id_)
        return read


def test_who_is_overtaken_by_another_member_decides_again() -> None:
    store, rules = Overtaken(), book()
    for id_ in ("c1", "c2"):
        store.append(id_, [person_record(id_, surname="Miller", street_number="1", address1="Elm St")])
        refold(store, id_)
    store.meanwhile = [("c1", rules)]
    assert ask(store, rules, "c2").reason is Reason.CAP


def test_the_claim_counts_what_left_to_the_household() -> None:
    """Both were reserved a week apart; after an outage both are due, and the second no longer fits."""
    store, rules = family("c1", "c2"), book()
    ask(store, rules, "c1")
    ask(store, rules, "c2", days=7)
    late = NOW + 8 * DAY
    assert isinstance(claim(store, "c1", "a", "once", rules, late, "x", hash_key=KEY), Claimed)
    ended = claim(store, "c2", "a", "once", rules, late + HOUR, "y", hash_key=KEY)
    assert isinstance(ended, NotClaimed)
    assert (ended.reason, ended.why) == ("replanned", Reason.CAP)
    held = store.read_contact("c2", "a", "once")
    assert isinstance(held, Contact)
    assert (held.state, held.due) == (ContactState.RESERVED, late + 7 * DAY)


def test_members_who_were_merged_or_have_gone_still_count_by_their_contacts() -> None:
    store, rules = family("c1", "c2", "c3"), book()
    ask(store, rules, "c1")
    profile, version = store.read_profile("c1")
    store.commit(Profile(customer_id="c0", contacts=profile.contacts), 0)
    store.commit(Profile(customer_id="c1", merged_into="c0"), version)
    assert ask(store, rules, "c2").reason is Reason.CAP


def test_without_a_rule_on_households_nothing_is_read_or_written() -> None:
    store = family("c1")
    assert isinstance(ask(store, rulebook(trigger("a")), "c1"), Reserved)
    held = store.read_contact("c1", "a", "once")
    assert held is not None
    assert held.household != ""  # so a rule that comes later counts it
    assert store.read_notes([f"household/{held.household}"]) == {}
