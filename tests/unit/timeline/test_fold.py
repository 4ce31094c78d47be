"""Laws of the fold on random timelines, and its rules by worked examples."""

from datetime import timedelta
from itertools import permutations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.timeline.events import (
    Asset,
    Case,
    Contact,
    Event,
    Feedback,
    Look,
    Permission,
    Privacy,
    SourceRecord,
    Transaction,
    decode_event,
    encode_event,
    event_key,
)
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Occasion, Profile, decode_profile, encode_profile
from tests.unit.timeline.histories import DAY, pairs, timelines


def bytes_of(events: list[Event]) -> bytes:
    return encode_profile(fold("ceva", events))


@settings(max_examples=300, deadline=None)
@given(timelines(), st.data())
def test_neither_order_nor_repetition_matters(events: list[Event], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=8)) if events else []
    shuffled = data.draw(st.permutations(events + again))
    assert bytes_of(shuffled) == bytes_of(events)


@settings(max_examples=150, deadline=None)
@given(timelines(), st.integers(0, 25))
def test_it_does_not_matter_in_which_batches_events_come(events: list[Event], cut: int) -> None:
    """A table keeps one item per key: whatever came first, the items and the profile are the same."""
    one = {event_key(e): encode_event(e) for e in [*events[:cut], *events]}
    other = {event_key(e): encode_event(e) for e in [*reversed(events), *events[cut:]]}
    assert one == other
    assert bytes_of([decode_event(document) for document in one.values()]) == bytes_of(events)


@settings(max_examples=200, deadline=None)
@given(timelines())
def test_keys_tell_contents_apart(events: list[Event]) -> None:
    assert len({event_key(event) for event in events}) == len(events)


@settings(max_examples=150, deadline=None)
@given(timelines())
def test_events_and_profiles_survive_their_documents(events: list[Event]) -> None:
    profile = fold("ceva", events)
    assert decode_profile(encode_profile(profile)) == profile
    assert [decode_event(encode_event(event)) for event in events] == events


def allowed(profile: Profile) -> set[tuple[str, str, str]]:
    return {(s.purpose, s.channel, s.division) for s in profile.permissions if s.status == "granted"}


def refused(profile: Profile) -> set[tuple[str, str, str]]:
    return {(s.purpose, s.channel, s.division) for s in profile.permissions if s.status == "withdrawn"}


@settings(max_examples=400, deadline=None)
@given(pairs())
def test_uniting_two_customers_frees_no_slot_and_revives_nothing(
    two: tuple[list[Event], list[Event]],
) -> None:
    left, right = two
    a, b, both = fold("ca", left), fold("cb", right), fold("ca", left + right)
    assert refused(both) == refused(a) | refused(b)
    assert set(both.privacy) == set(a.privacy) | set(b.privacy)
    counted = {c.contact for one in (a, b) for c in one.contacts if c.counts}
    assert {c.contact for c in both.contacts if c.counts} == counted
    opened = {(c.source, c.id) for one in (a, b) for c in one.cases if c.status == "open"}
    assert {(c.source, c.id) for c in both.cases if c.status == "open"} == opened
    for channel in {*a.closed, *b.closed}:
        assert set(both.closed[channel]) == {*a.closed.get(channel, ()), *b.closed.get(channel, ())}
    assert set(both.subjects) == {*a.subjects, *b.subjects}


@settings(max_examples=200, deadline=None)
@given(timelines())
def test_each_value_is_that_of_the_highest_trust_then_the_latest_word(events: list[Event]) -> None:
    """Survivorship by an oracle: compare every pair of current records directly."""
    latest: dict[tuple[str, str], SourceRecord] = {}
    for event in events:
        if isinstance(event, SourceRecord):
            held = latest.get((event.source, event.id))
            if held is None or (
                event.stated or event.when,
                event.when,
                event.file,
                event.line,
                event.version,
            ) > (
                held.stated or held.when,
                held.when,
                held.file,
                held.line,
                held.version,
            ):
                latest[event.source, event.id] = event
    current = [record for record in latest.values() if not record.gone]
    profile = fold("ceva", events)
    assert profile.records == len(current)
    assert set(profile.values) == {field for record in current for field in record.fields}
    for field, known in profile.values.items():
        for record in current:
            if field in record.fields:
                trust = record.field_trust.get(field, record.trust)
                winner = latest[known.source, known.record]
                assert winner.fields[field] == known.value
                assert (trust, record.stated or record.when, record.source, record.id) <= (
                    winner.field_trust.get(field, winner.trust),
                    known.when,
                    known.source,
                    known.record,
                )


def word(status: str, day: int, subject: str = "", covers: tuple[str, ...] = ()) -> Permission:
    return Permission(
        source="pref",
        id="1",
        when=DAY + timedelta(days=day),
        version=f"{status}{day}{subject}",
        purpose="marketing",
        channel="email",
        division="cars",
        status=status,  # type: ignore[arg-type]
        subject=subject,
        covers=covers,
    )


def stands(*events: Event) -> str:
    [standing] = fold("ceva", events).permissions
    return standing.status


def test_the_latest_word_of_one_record_stands() -> None:
    assert stands(word("granted", 1, "a"), word("withdrawn", 2, "a")) == "withdrawn"
    assert stands(word("granted", 3, "a"), word("withdrawn", 2, "a")) == "granted"
    assert stands(word("granted", 2, "a"), word("withdrawn", 2, "a")) == "withdrawn"


def test_the_strictest_of_two_records_stands() -> None:
    assert stands(word("withdrawn", 1, "a"), word("granted", 5, "b")) == "withdrawn"


def test_a_word_for_the_whole_customer_ends_what_its_records_said_before() -> None:
    before = [word("withdrawn", 1, "a"), word("withdrawn", 2, "b")]
    assert stands(*before, word("granted", 3, covers=("a", "b"))) == "granted"
    assert stands(*before, word("granted", 3, covers=("a", "b")), word("withdrawn", 4, "b")) == "withdrawn"


def test_a_grant_for_the_whole_customer_does_not_speak_for_one_who_joined_later() -> None:
    assert (
        stands(word("granted", 3, covers=("a",)), word("granted", 1, "a"), word("withdrawn", 2, "b"))
        == "withdrawn"
    )


def test_a_record_may_grant_anew_what_was_withdrawn_for_it_alone() -> None:
    assert stands(word("withdrawn", 1, covers=("a",)), word("granted", 2, "a")) == "granted"


def test_a_word_outlives_the_records_that_it_was_given_for() -> None:
    assert stands(word("withdrawn", 1, covers=("a",)), word("granted", 2, covers=("b",))) == "withdrawn"


def test_words_without_any_record_follow_time() -> None:
    assert stands(word("withdrawn", 1), word("granted", 2)) == "granted"


def test_an_objection_of_one_stays_when_another_lifts_theirs() -> None:
    on = Privacy(source="api", id="x", when=DAY, type="objection", subject="a")
    off = Privacy(source="api", id="x", when=DAY + timedelta(1), type="objection", status="off", subject="b")
    assert fold("ceva", [on, off]).privacy == ["objection"]


def record(version: str, when: int, stated: int | None = None, **changes: object) -> SourceRecord:
    return SourceRecord(
        source="crm",
        id="7",
        version=version,
        when=DAY + timedelta(days=when),
        stated=None if stated is None else DAY + timedelta(days=stated),
        fields={"surname": version},
        **changes,  # type: ignore[arg-type]
    )


def test_what_was_stated_last_stands_whatever_came_last() -> None:
    same_event_time = [record("old", 0, 1), record("new", 0, 2)]
    assert fold("ceva", same_event_time).text("surname") == "new"
    assert fold("ceva", reversed(same_event_time)).text("surname") == "new"


def test_content_that_comes_back_is_another_item() -> None:
    """v1 on day 1, v2 on day 2, v1 again on day 3: each statement keeps its own place, in any order of arrival."""
    told = [record("v1", 0, 1), record("v2", 0, 2), record("v1", 0, 3)]
    assert len({event_key(event) for event in told}) == 3
    assert fold("ceva", [told[2], told[1], told[0]]).text("surname") == "v1"


def test_what_is_said_again_counts_from_when_it_was_first_said() -> None:
    """So a file that repeats a row changes nothing, whether the row was loaded again or not."""
    first = record("v1", 1, file="a.csv", line=7)
    again = record("v1", 3, file="b.csv", line=2)
    [known] = fold("ceva", [again, first]).values.values()
    assert (known.when, known.file, known.line) == (DAY + timedelta(days=1), "a.csv", 7)
    assert fold("ceva", [again, first]) == fold("ceva", [first])
    between = record("v2", 2, file="c.csv")
    [known] = fold("ceva", [again, first, between]).values.values()
    assert (known.value, known.when) == ("v1", DAY + timedelta(days=1))


def test_of_two_files_of_one_date_the_later_by_name_and_then_by_line_stands() -> None:
    told = [
        record("z", 1, file="1.csv", line=9),
        record("b", 1, file="2.csv", line=1),
        record("a", 1, file="2.csv", line=2),
    ]
    assert len({event_key(event) for event in told}) == 3
    for order in permutations(told):
        assert fold("ceva", order).text("surname") == "a"


def test_a_permission_that_a_file_repeats_counts_from_when_it_was_given() -> None:
    granted, again = (msgspec.structs.replace(word("granted", day, "a"), version="g") for day in (1, 3))
    by_phone = msgspec.structs.replace(word("withdrawn", 2, "a"), source="desk")
    assert stands(granted, by_phone) == stands(again, granted, by_phone) == "withdrawn"


def test_a_permission_granted_again_after_its_row_was_withdrawn_stands() -> None:
    granted, again = (msgspec.structs.replace(word("granted", day, "a"), version="g") for day in (1, 3))
    assert stands(granted, word("withdrawn", 2, "a"), again) == "granted"


def test_what_is_gone_is_left_out_until_it_is_stated_again() -> None:
    told = [record("v1", 0, 1), record("", 0, 2, gone=True)]
    assert fold("ceva", told) == Profile(customer_id="ceva")
    assert fold("ceva", [*told, record("v1", 0, 3)]).text("surname") == "v1"


def test_looks_leave_no_trace_in_the_profile() -> None:
    look = Look(source="courtesy", id="1", when=DAY, by="u1", what="profile")
    assert fold("ceva", [look]) == Profile(customer_id="ceva")


def test_a_day_of_purchases_is_one_occasion_and_returns_count_against_it() -> None:
    def trade(id_: str, amount: int, type_: str = "purchase", hours: int = 0) -> Transaction:
        return Transaction(
            source="shop",
            id=id_,
            when=DAY + timedelta(hours=hours),
            division="cars",
            type=type_,  # type: ignore[arg-type]
            amount=amount,
            dealer=f"D{id_}",
        )

    ledger = fold("ceva", [trade("1", 500), trade("2", 300, hours=1), trade("3", -300, "return", 2)]).ledgers[
        "cars"
    ]
    assert ledger.occasions == [Occasion(20514, 500, 2, "USD")]  # 2026-03-02 is day 20,514
    assert ledger.dealer == "D3"


def test_cases_and_assets_are_as_their_latest_version_has_them() -> None:
    opened = Case(source="desk", id="1", when=DAY, version="a", division="cars")
    closed = Case(
        source="desk", id="1", when=DAY + timedelta(2), version="b", division="cars", status="closed"
    )
    lease = Asset(
        source="lease", id="L1", when=DAY, division="finance", type="lease", ends=DAY + timedelta(90)
    )
    profile = fold("ceva", [closed, lease, opened])
    assert [case.status for case in profile.cases] == ["closed"]
    assert profile.assets[0].ends == DAY + timedelta(90)


def test_contacts_of_both_customers_count_after_a_merge_even_for_one_occurrence() -> None:
    def contact(id_: str) -> Contact:
        return Contact(
            source="courtesy", id=id_, when=DAY, trigger="welcome", occurrence="2026-03", division="cars",
            category="news", purpose="marketing", channel="email", planned=DAY, due=DAY, expires=DAY,
        )  # fmt: skip

    assert len(fold("ceva", [contact("k1"), contact("k2")]).contacts) == 2


def test_an_address_is_closed_by_permanent_bounce_complaint_and_return_only() -> None:
    def report(type_: str, address: str, permanent: bool = False, channel: str = "email") -> Feedback:
        return Feedback(
            source="ses",
            id=address,
            when=DAY,
            contact="k",
            channel=channel,
            type=type_,  # type: ignore[arg-type]
            permanent=permanent,
            address=address,
        )

    reports = [
        report("bounce", "h1", permanent=True),
        report("bounce", "h2"),
        report("complaint", "h3"),
        report("returned", "h4", channel="letter"),
        report("delivery", "h5"),
        report("complaint", ""),
    ]
    assert fold("ceva", reports).closed == {"email": ["h1", "h3"], "letter": ["h4"]}
