"""One visit is one look, with every kind of data that was seen."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.privacy.visits import VISIT, with_visits
from courtesy.timeline.events import Event, Look, SourceRecord
from tests.unit.decisions.people import NOW

MINUTE = timedelta(minutes=1)
RECORD = SourceRecord(source="crm", id="1", when=NOW, fields={})


def look(what: str, minute: int = 0, by: str = "mia") -> Look:
    return Look(source="courtesy", id=f"{by}/{what}", when=NOW + minute * MINUTE, by=by, what=what)


def told(events: list[Event]) -> list[tuple[str, int, str]]:
    looks = [event for event in with_visits(events) if isinstance(event, Look)]
    return [(one.by, (one.when - NOW) // MINUTE, one.what) for one in looks]


def test_the_reads_of_one_page_are_one_look() -> None:
    page = [look("customer"), look("offers"), look("next_action", 1), look("customer", 9)]
    assert told([RECORD, *page]) == [("mia", 0, "customer, next_action, offers")]
    assert RECORD in with_visits([*page, RECORD])


def test_whoever_comes_back_later_and_whoever_else_looks_is_told_apart() -> None:
    looks: list[Event] = [
        look("customer"),
        look("explain", 14),
        look("customer", 15),
        look("access", 15, "tom"),
    ]
    assert told(looks) == [("mia", 0, "customer, explain"), ("mia", 15, "customer"), ("tom", 15, "access")]


@settings(max_examples=200)
@given(
    seen=st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(0, 60), st.sampled_from(["mia", "tom"])), max_size=12
    ),
    data=st.data(),
)
def test_no_kind_and_nobody_is_lost_in_whatever_order_and_page(
    seen: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    looks: list[Event] = [look(what, minute, by) for what, minute, by in seen]
    visits = told(looks)
    for what, minute, by in seen:
        assert any(
            by == who and start <= minute < start + VISIT // MINUTE and what in kinds.split(", ")
            for who, start, kinds in visits
        )
    assert all(any((by, minute) == (who, start) for _, minute, by in seen) for who, start, _ in visits)
    assert told(data.draw(st.permutations(looks))) == visits
    later = told([*looks, look("e", 61)])
    assert {visit[:2] for visit in visits} <= {
        visit[:2] for visit in later
    }  # a further look renames no visit
