"""Fold after writing: the profile is stored when it differs, whoever is faster makes one look again, late events are handed on."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest

from courtesy.errors import Conflict
from courtesy.outcomes import Commit
from courtesy.timeline.events import Contact, Event, SourceRecord
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.fakes import InMemoryCustomerStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def record(id_: str, surname: str) -> SourceRecord:
    return SourceRecord(source="crm", id=id_, when=NOON, version="1", fields={"surname": surname})


def test_a_profile_is_written_once_for_the_same_events() -> None:
    store = InMemoryCustomerStore()
    store.append("ca", [record("1", "Ek")])
    assert refold(store, "ca") == fold("ca", [record("1", "Ek")])
    assert refold(store, "ca").text("surname") == "Ek"
    assert store.read_profile("ca").version == 1


def test_a_merge_under_way_is_no_part_of_the_fold() -> None:
    store = InMemoryCustomerStore()
    store.put_profile(Profile(customer_id="ca", merging=True), 0)
    store.append("ca", [record("1", "Ek")])
    profile = refold(store, "ca")
    assert (profile.merging, profile.text("surname")) == (True, "Ek")
    assert store.read_profile("ca").profile == profile


def test_events_that_came_late_to_a_redirect_are_handed_on_but_no_contacts() -> None:
    store = InMemoryCustomerStore()
    contact = Contact(
        source="courtesy", id="k", when=NOON, trigger="t", occurrence="o", division="cars", category="news",
        purpose="marketing", channel="email", planned=NOON, due=NOON, expires=NOON,
    )  # fmt: skip
    store.commit(Profile(customer_id="cold"), 0, new=[contact])
    store.put_profile(Profile(customer_id="cold", merged_into="cnew"), 1)
    store.append("cold", [record("1", "Ek")])
    profile = refold(store, "cold")
    assert (profile.customer_id, profile.text("surname")) == ("cnew", "Ek")
    assert store.read_timeline("cold") == [contact]
    assert store.read_timeline("cnew") == [record("1", "Ek")]
    assert store.read_profiles(["cold"])["cold"].profile.merged_into == "cnew"


class Busy(InMemoryCustomerStore):
    """Somebody else writes the profile, with one more record, before each of the first `times` writes."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def put_profile(self, profile: Profile, version: int) -> Commit:
        if self.times:
            self.times -= 1
            self.append(profile.customer_id, [record(f"other{self.times}", "Ek")])
            super().put_profile(msgspec.structs.replace(profile, records=100 + self.times), version)
        return super().put_profile(profile, version)


def test_whoever_was_slower_has_seen_what_the_faster_wrote() -> None:
    store = Busy(3)
    store.append("ca", [record("1", "Ek")])
    assert refold(store, "ca").records == 4
    assert store.read_profile("ca").profile == fold("ca", store.read_timeline("ca"))


def test_who_is_always_slower_gives_up_with_a_conflict() -> None:
    store = Busy(3)
    store.append("ca", [record("1", "Ek")])
    with pytest.raises(Conflict, match="3 times"):
        refold(store, "ca", attempts=3)


class Parting(InMemoryCustomerStore):
    """A split makes a redirect somebody of their own again, with a record, just before one of the calls."""

    def __init__(self, before: str) -> None:
        super().__init__()
        self.before = before
        self.put_profile(Profile(customer_id="cold", merged_into="cnew"), 0)
        self.append("cold", [record("1", "Ek")])

    def _part(self, call: str) -> None:
        if call == self.before:
            self.before = ""
            self.commit(Profile(customer_id="cold", merging=True), 1, new=[record("2", "Al")])

    def read_timeline(self, customer_id: str) -> list[Event]:
        if customer_id == "cold":
            self._part("read_timeline")
        return super().read_timeline(customer_id)

    def append(self, customer_id: str, events: Sequence[Event]) -> None:
        super().append(customer_id, events)
        if customer_id == "cnew":
            self._part("append")


@pytest.mark.parametrize("before", ["read_timeline", "append"])
def test_who_is_no_redirect_any_more_keeps_what_is_theirs(before: str) -> None:
    store = Parting(before)
    profile = refold(store, "cold")
    assert (profile.customer_id, profile.records, profile.merged_into) == ("cold", 2, "")
    assert store.read_timeline("cold") == [record("1", "Ek"), record("2", "Al")]
    if before == "read_timeline":
        assert store.read_timeline("cnew") == []


def test_many_late_events_are_handed_on_all() -> None:
    store = InMemoryCustomerStore()
    store.put_profile(Profile(customer_id="cold", merged_into="cnew"), 0)
    store.append("cold", [record(f"{n:03}", "Ek") for n in range(200)])
    assert refold(store, "cold").records == 200
    assert store.read_timeline("cold") == []
