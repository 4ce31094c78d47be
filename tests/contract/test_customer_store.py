"""What every `ports.CustomerStore` does: the fake and the tables."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from courtesy.errors import OutsideFailed, RefusedInput
from courtesy.outcomes import ContactState
from courtesy.ports import CustomerStore, Give, Note, StoredProfile, Take
from courtesy.timeline.events import (
    Contact,
    Event,
    Interaction,
    Response,
    SourceRecord,
    Transaction,
    event_key,
)
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile, decode_profile
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_local.faults.schedules.record import Record
from courtesy_local.faults.schedules.stage import Stage
from courtesy_local.faults.schedules.stores import Customers
from courtesy_local.faults.wire import attached
from courtesy_local.faults.world import Run
from tests.contract.conftest import make_table
from tests.fakes import InMemoryCustomerStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVA = "ceva"


@pytest.fixture(params=["fake", "tables", "wire", "schedules"])
def store(request: pytest.FixtureRequest) -> Iterator[CustomerStore]:
    if request.param == "fake":
        yield InMemoryCustomerStore()
        return
    if request.param == "schedules":  # the world of `courtesy faults`, at rest
        yield Customers(Stage(1), Record())
        return
    if request.param == "wire":  # the stand-in below botocore that the fault harness uses
        run = Run()
        with attached(lambda: run, ["dynamodb"]) as wire:
            wire.world = run
            yield DynamoCustomerStore("timeline", "profiles")
        return
    request.getfixturevalue("aws")
    make_table("timeline", "customer_id", "event_key", due=True)
    make_table("profiles", "customer_id")
    yield DynamoCustomerStore("timeline", "profiles")


def purchase(id_: str, amount: int = 100, item: str = "") -> Transaction:
    return Transaction(source="shop", id=id_, when=NOON, division="cars", amount=amount, item=item)


def contact(occurrence: str = "2026-03", due: datetime = NOON, **changes: object) -> Contact:
    made = Contact(
        source="courtesy",
        id=f"k-{occurrence}",
        when=NOON,
        trigger="welcome",
        occurrence=occurrence,
        division="cars",
        category="marketing",
        purpose="marketing",
        channel="email",
        planned=due,
        due=due,
        expires=due + timedelta(days=3),
    )
    return msgspec.structs.replace(made, **changes)


def person(id_: str = EVA, **changes: object) -> Profile:
    return msgspec.structs.replace(Profile(customer_id=id_), **changes)


def test_a_customer_nobody_knows_has_no_events_and_an_empty_profile(store: CustomerStore) -> None:
    assert store.read_timeline(EVA) == []
    assert store.read_profile(EVA) == (Profile(customer_id=EVA), 0)
    assert store.read_profiles([EVA]) == {}
    assert store.read_contact(EVA, "welcome", "2026-03") is None
    assert list(store.scan_profiles(0, 1)) == []
    assert store.due("email", NOON, 10) == []


def test_events_come_back_as_they_were_written_and_twice_is_once(store: CustomerStore) -> None:
    events: list[Event] = [
        purchase("1"),
        SourceRecord(source="crm", id="7", when=NOON, fields={"surname": "Åse", "n": 2}),
    ]
    store.append(EVA, events)
    store.append(EVA, [*events, events[0]])
    assert sorted(store.read_timeline(EVA), key=event_key) == sorted(events, key=event_key)
    assert store.read_timeline("canna") == []


def test_events_of_many_customers_go_in_one_call(store: CustomerStore) -> None:
    store.append_many({EVA: [purchase("1"), purchase("2")], "canna": [purchase("1")] * 2})
    assert len(store.read_timeline(EVA)) == 2
    assert store.read_timeline("canna") == [purchase("1")]
    with pytest.raises(RefusedInput, match="commit"):
        store.append_many({EVA: [contact()]})


def test_many_and_large_events_are_read_over_all_pages(store: CustomerStore) -> None:
    events = [purchase(str(n), item="x" * 30_000) for n in range(60)]  # 1.8 MB: two pages, three batches
    store.append(EVA, events)
    assert sorted(store.read_timeline(EVA), key=event_key) == sorted(events, key=event_key)


def test_deleted_events_are_gone_and_deleting_none_is_no_error(store: CustomerStore) -> None:
    events = [purchase(str(n)) for n in range(30)]
    store.append(EVA, events)
    store.delete_events(EVA, [event_key(event) for event in events[:-1]] * 2)
    store.delete_events(EVA, ["transaction#none"])
    assert store.read_timeline(EVA) == events[-1:]


def test_a_contact_is_not_appended(store: CustomerStore) -> None:
    with pytest.raises(RefusedInput, match="commit"):
        store.append(EVA, [contact()])


def test_a_profile_is_put_on_condition_of_its_version(store: CustomerStore) -> None:
    assert store.put_profile(person(records=1), 0) == "committed"
    assert store.put_profile(person(records=2), 0) == "conflict"
    assert store.put_profile(person(records=2), 2) == "conflict"
    assert store.put_profile(person(records=2), 1) == "committed"
    assert store.read_profile(EVA) == (person(records=2), 2)


def test_profiles_of_many_are_put_each_for_itself(store: CustomerStore) -> None:
    assert store.put_profile(person(records=1), 0) == "committed"
    several = [StoredProfile(person(f"c{n}", records=n), 0) for n in range(12)]
    assert store.put_profiles([*several, StoredProfile(person(records=9), 7)]) == {EVA}
    assert store.read_profiles(["c3", EVA]) == {
        "c3": (person("c3", records=3), 1),
        EVA: (person(records=1), 1),
    }
    assert store.put_profiles([]) == set()


def test_profiles_that_go_together_go_all_or_none(store: CustomerStore) -> None:
    assert store.put_profile(person(records=1), 0) == "committed"
    redirect = StoredProfile(person("canna", merged_into=EVA), 0)
    assert store.put_together([redirect, StoredProfile(person(records=2), 4)]) == "conflict"
    assert store.read_profiles([EVA, "canna"]) == {EVA: (person(records=1), 1)}
    assert store.put_together([redirect, StoredProfile(person(records=2), 1)]) == "committed"
    assert store.read_profile("canna") == (person(records=2), 2)
    assert store.put_together([]) == "committed"
    with pytest.raises(RefusedInput, match="100"):
        store.put_together([StoredProfile(person(f"c{n}"), 0) for n in range(101)])


def test_events_move_with_the_profiles_or_not_at_all(store: CustomerStore) -> None:
    store.append("canna", [purchase("1"), purchase("2")])
    assert store.put_profile(person(records=1), 0) == "committed"
    redirect = StoredProfile(person("canna", merged_into=EVA), 0)
    keys = [event_key(purchase("1")), event_key(purchase("2")), "transaction#none"]
    for version, ended in ((4, "conflict"), (1, "committed")):
        moved = [StoredProfile(person(records=2), version), redirect]
        assert store.put_together(moved, new={EVA: [purchase("1")]}, gone={"canna": keys}) == ended
        there = [purchase("1")] if ended == "committed" else []
        assert store.read_timeline(EVA) == there
        assert len(store.read_timeline("canna")) == (0 if there else 2)
    with pytest.raises(RefusedInput, match="100"):
        store.put_together([redirect], gone={"canna": [f"transaction#{n}" for n in range(100)]})


def test_timelines_of_many_are_read_and_emptied_at_once(store: CustomerStore) -> None:
    store.append_many({f"c{n}": [purchase("1"), purchase("2")] for n in range(30)})
    found = store.read_timelines([*(f"c{n}" for n in range(30)), "cnobody", "c1"])
    assert found["cnobody"] == []
    assert {len(found[f"c{n}"]) for n in range(30)} == {2}
    store.delete_many({f"c{n}": [event_key(purchase("1"))] for n in range(30)})
    assert all(store.read_timeline(f"c{n}") == [purchase("2")] for n in range(30))


def test_a_large_profile_comes_back_as_it_was(store: CustomerStore) -> None:
    profile = fold(EVA, [purchase(str(n), n) for n in range(3000)])
    profile = msgspec.structs.replace(profile, subjects=[f"shop/{n}" for n in range(3000)])
    assert store.put_profile(profile, 0) == "committed"
    assert store.read_profile(EVA) == (profile, 1)
    [(id_, document)] = store.scan_profiles(0, 1)
    assert (id_, decode_profile(document)) == (EVA, profile)


def test_profiles_are_read_in_bulk(store: CustomerStore) -> None:
    for n in range(120):
        store.put_profile(person(f"c{n}", records=n), 0)
    ids = [f"c{n}" for n in range(140)]
    found = store.read_profiles([*ids, "c1", "c1"])
    assert found == {f"c{n}": (person(f"c{n}", records=n), 1) for n in range(120)}


def test_redirects_are_followed_by_one_and_not_by_many(store: CustomerStore) -> None:
    store.put_profile(person("ca", merged_into="cb"), 0)
    store.put_profile(person("cb", merged_into="cc"), 0)
    store.put_profile(person("cc", records=3), 0)
    assert store.read_profile("ca") == (person("cc", records=3), 1)
    assert store.read_profiles(["ca"])["ca"].profile.merged_into == "cb"
    assert [id_ for id_, _ in store.scan_profiles(0, 1)] == ["cc"]


def test_redirects_in_a_circle_are_an_error(store: CustomerStore) -> None:
    store.put_profile(person("ca", merged_into="cb"), 0)
    store.put_profile(person("cb", merged_into="ca"), 0)
    with pytest.raises(OutsideFailed, match="redirects"):
        store.read_profile("ca")


def test_eight_redirects_are_followed(store: CustomerStore) -> None:
    for n in range(8):
        store.put_profile(person(f"c{n}", merged_into=f"c{n + 1}"), 0)
    store.put_profile(person("c8", records=1), 0)
    assert store.read_profile("c0").profile.customer_id == "c8"


def test_a_reservation_is_written_whole(store: CustomerStore) -> None:
    assert store.commit(person(records=1), 0, new=[contact(), purchase("1")]) == "committed"
    assert store.read_profile(EVA) == (person(records=1), 1)
    assert store.read_contact(EVA, "welcome", "2026-03") == contact()
    assert len(store.read_timeline(EVA)) == 2


def test_a_second_contact_of_an_occurrence_exists_and_nothing_is_written(store: CustomerStore) -> None:
    store.commit(person(records=1), 0, new=[contact()])
    again = contact(due=NOON + timedelta(hours=1))
    assert store.commit(person(records=2), 1, new=[purchase("1"), again]) == "exists"
    assert store.commit(person(records=2), 0, new=[again]) == "exists"  # tells more than the version
    assert store.read_profile(EVA) == (person(records=1), 1)
    assert store.read_timeline(EVA) == [contact()]


def test_a_reservation_on_an_old_profile_is_a_conflict_and_nothing_is_written(store: CustomerStore) -> None:
    store.put_profile(person(records=1), 0)
    assert store.commit(person(records=2), 0, new=[contact()]) == "conflict"
    assert store.read_timeline(EVA) == []
    assert store.read_profile(EVA).version == 1


def test_an_event_without_condition_may_be_there_already(store: CustomerStore) -> None:
    store.append(EVA, [purchase("1")])
    assert store.commit(person(), 0, new=[purchase("1")]) == "committed"


def test_a_contact_moves_from_the_state_and_claim_it_is_known_in(store: CustomerStore) -> None:
    store.commit(person(), 0, new=[contact()])
    queued, claimed = contact(state=ContactState.QUEUED), contact(state=ContactState.SENDING, claim="a")
    assert store.move_contact(EVA, queued, ContactState.RESERVED, "") == "committed"
    assert store.move_contact(EVA, queued, ContactState.RESERVED, "") == "conflict"
    assert store.move_contact(EVA, claimed, ContactState.QUEUED, "") == "committed"
    assert store.move_contact(EVA, contact(state=ContactState.SENT), ContactState.SENDING, "b") == "conflict"
    assert store.move_contact(EVA, contact(state=ContactState.SENT), ContactState.SENDING, "a") == "committed"
    assert store.read_contact(EVA, "welcome", "2026-03") == contact(state=ContactState.SENT)
    assert store.read_profile(EVA).version == 1


def test_no_contact_is_made_by_moving_it(store: CustomerStore) -> None:
    assert store.move_contact(EVA, contact(), ContactState.RESERVED, "") == "conflict"
    assert store.commit(person(), 0, moved=[(contact(), ContactState.RESERVED, "")]) == "conflict"
    assert store.read_timeline(EVA) == []
    assert store.read_profile(EVA).version == 0


def test_a_move_and_the_profile_are_one_transaction(store: CustomerStore) -> None:
    store.commit(person(), 0, new=[contact()])
    cancelled = contact(state=ContactState.CANCELLED)
    wrong = [(cancelled, ContactState.QUEUED, "")]
    assert store.commit(person(records=1), 1, new=[purchase("1")], moved=wrong) == "conflict"
    assert store.read_timeline(EVA) == [contact()]
    right = [(cancelled, ContactState.RESERVED, "")]
    assert store.commit(person(records=1), 1, new=[purchase("1")], moved=right) == "committed"
    assert store.read_contact(EVA, "welcome", "2026-03") == cancelled
    assert store.read_profile(EVA) == (person(records=1), 2)


def test_a_transaction_of_more_than_a_hundred_items_is_refused(store: CustomerStore) -> None:
    with pytest.raises(RefusedInput, match="100"):
        store.commit(person(), 0, new=[purchase(str(n)) for n in range(100)])
    assert store.commit(person(), 0, new=[purchase(str(n)) for n in range(99)]) == "committed"


def test_due_gives_open_contacts_oldest_first_and_no_more_than_asked(store: CustomerStore) -> None:
    for n in range(30):
        store.commit(person(f"c{n}"), 0, new=[contact(due=NOON + timedelta(minutes=n))])
    store.commit(person("cletter"), 0, new=[contact(channel="letter")])
    three, four = (contact(due=NOON + timedelta(minutes=n)) for n in (3, 4))
    cancelled = msgspec.structs.replace(three, state=ContactState.CANCELLED)
    queued = msgspec.structs.replace(four, state=ContactState.QUEUED)
    store.move_contact("c3", cancelled, ContactState.RESERVED, "")
    store.move_contact("c4", queued, ContactState.RESERVED, "")
    found = store.due("email", NOON + timedelta(minutes=9), 100)
    assert [id_ for id_, _ in found] == ["c0", "c1", "c2", "c4", "c5", "c6", "c7", "c8", "c9"]
    assert found[0][1] == contact()
    assert [id_ for id_, _ in store.due("email", NOON + timedelta(minutes=9), 3)] == ["c0", "c1", "c2"]
    assert [id_ for id_, _ in store.due("letter", NOON, 3)] == ["cletter"]


def test_a_contact_is_found_at_its_new_time_until_its_attempt_is_settled(store: CustomerStore) -> None:
    store.commit(person(), 0, new=[contact()])
    one, two = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    queued = contact(state=ContactState.QUEUED, due=one)
    store.move_contact(EVA, queued, ContactState.RESERVED, "")
    assert store.due("email", NOON, 5) == []
    assert store.due("email", one, 5) == [(EVA, queued)]
    claimed = contact(state=ContactState.SENDING, due=two, claim="a")
    store.move_contact(EVA, claimed, ContactState.QUEUED, "")
    assert store.due("email", one, 5) == []
    assert store.due("email", two, 5) == [(EVA, claimed)]
    store.move_contact(EVA, contact(state=ContactState.SENT, due=one, claim="a"), ContactState.SENDING, "a")
    assert store.due("email", two, 5) == []


@pytest.mark.parametrize("parts", [1, 3, 8])
def test_the_parts_of_a_scan_are_disjoint_and_whole(store: CustomerStore, parts: int) -> None:
    for n in range(50):
        store.put_profile(person(f"c{n}", records=n), 0)
    seen = [id_ for part in range(parts) for id_, _ in store.scan_profiles(part, parts)]
    assert sorted(seen) == sorted(f"c{n}" for n in range(50))


def race(store: CustomerStore, action: Callable[[int], str], runners: int = 8) -> list[str]:
    with ThreadPoolExecutor(runners) as pool:
        return sorted(pool.map(action, range(runners)))


def test_of_many_commits_on_one_version_one_wins(store: CustomerStore) -> None:
    store.put_profile(person(), 0)
    ended = race(store, lambda n: store.commit(person(records=n), 1, new=[contact(f"o{n}")]))
    assert ended == ["committed", *["conflict"] * 7]
    assert len(store.read_timeline(EVA)) == 1


def test_of_many_claims_one_wins(store: CustomerStore) -> None:
    store.commit(person(), 0, new=[contact(state=ContactState.QUEUED)])
    claims = [contact(state=ContactState.SENDING, claim=f"claim{n}") for n in range(8)]
    ended = race(store, lambda n: store.move_contact(EVA, claims[n], ContactState.QUEUED, ""))
    assert ended == ["committed", *["conflict"] * 7]


def test_of_many_reservations_of_one_occurrence_one_is_made(store: CustomerStore) -> None:
    def reserve(n: int) -> str:
        while True:
            held = store.read_profile(EVA)
            ended = store.commit(person(records=n), held.version, new=[contact()])
            if ended != "conflict":
                return ended

    assert race(store, reserve) == ["committed", *["exists"] * 7]


def test_interactions_and_contacts_share_a_timeline(store: CustomerStore) -> None:
    call = Interaction(source="desk", id="1", when=NOON, division="cars", channel="phone", weight=1.0)
    store.append(EVA, [call])
    store.commit(person(), 0, new=[contact()])
    assert {type(event) for event in store.read_timeline(EVA)} == {Interaction, Contact}


def test_an_unknown_outcome_is_found_until_it_is_closed_and_a_piece_while_its_recall_is_open(
    store: CustomerStore,
) -> None:
    unknown = contact(state=ContactState.UNKNOWN, claim="a")
    store.commit(person(), 0, new=[unknown])
    assert store.due("email", NOON, 5) == [(EVA, unknown)]
    store.move_contact(EVA, contact(state=ContactState.UNKNOWN), ContactState.UNKNOWN, "a")
    assert store.due("email", NOON, 5) == []
    steps = {"wanted": True, "asked": True, "answered": False, "given_up": False}
    sent = contact(occurrence="2", state=ContactState.SENT, claim="m")
    store.commit(person(), 1, new=[sent])
    for recall, is_found in steps.items():
        piece = msgspec.structs.replace(sent, recall=recall)
        store.move_contact(EVA, piece, ContactState.SENT, "m")
        assert store.due("email", NOON, 5) == ([(EVA, piece)] if is_found else [])


def test_a_counter_never_passes_its_limit_and_gives_back(store: CustomerStore) -> None:
    for version in range(2):
        assert store.commit(person(), version, beside=[Take("offer/mug#3", 2)]) == "committed"
    assert store.commit(person(), 2, beside=[Take("offer/mug#3", 2)]) == "exhausted"
    assert store.read_profile(EVA).version == 2
    assert store.commit(person(), 2, beside=[Give("offer/mug#3")]) == "committed"
    assert store.commit(person(), 3, beside=[Take("offer/mug#3", 2)]) == "committed"
    assert store.commit(person(), 4, beside=[Take("offer/cup#0", 0)]) == "exhausted"
    assert store.read_counters(["offer/mug#3", "offer/cup#0"]) == {"offer/mug#3": 2, "offer/cup#0": 0}


def test_a_note_is_written_on_condition_of_its_version(store: CustomerStore) -> None:
    assert store.read_notes(["household/h"]) == {}
    assert store.commit(person(), 0, beside=[Note("household/h", b"one", 0)]) == "committed"
    assert store.commit(person(), 1, beside=[Note("household/h", b"two", 0)]) == "conflict"
    assert store.commit(person(), 1, beside=[Note("household/h", b"two", 1)]) == "committed"
    assert store.read_notes(["household/h"]) == {"household/h": Note("household/h", b"two", 2)}
    for version in (2, 3):
        assert store.commit(person(), version, beside=[Note("code/X", b"whose")]) == "committed"


def test_of_a_counter_at_its_limit_and_an_old_profile_the_profile_tells_more(store: CustomerStore) -> None:
    assert store.commit(person(), 0, beside=[Take("offer/mug#3", 1)]) == "committed"
    assert store.commit(person(), 0, beside=[Take("offer/mug#3", 1)]) == "conflict"


def test_of_many_who_take_the_last_unit_one_gets_it(store: CustomerStore) -> None:
    people = [person(customer_id=f"c{n}") for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(lambda one: store.commit(one, 0, beside=[Take("offer/mug#0", 1)]), people))
    assert ended.count("committed") == 1
    assert set(ended) <= {"committed", "exhausted", "conflict"}
    assert store.read_counters(["offer/mug#0"]) == {"offer/mug#0": 1}


def test_redemptions_wait_in_their_order_until_they_are_closed(store: CustomerStore) -> None:
    def redeemed(id_: str, minutes: int) -> Response:
        when = NOON + timedelta(minutes=minutes)
        return Response(source="shop", id=id_, when=when, type="redeemed", offer="ten")

    late, early = redeemed("r1", 9), redeemed("r2", 3)
    shown = msgspec.structs.replace(redeemed("r3", 1), type="shown")
    store.append_many({EVA: [late, shown], "canna": [early]})
    assert store.redemptions(NOON + timedelta(minutes=9), 10) == [("canna", early), (EVA, late)]
    assert store.redemptions(NOON + timedelta(minutes=8), 10) == [("canna", early)]
    for _ in range(2):
        store.close_redemption("canna", early)
    assert store.redemptions(NOON + timedelta(minutes=9), 1) == [(EVA, late)]
    assert store.read_timeline("canna") == [early]
