"""Placing records: the customers are a function of the set of records, whatever the order and however they are batched."""

from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.identity.memory import MemoryIndex
from courtesy.identity.resolve import Incoming
from courtesy.identity.rules import IdentityRules
from tests.unit.identity.people import arrive, customers, record

_names = st.sampled_from(["anna", "anne", "bernd", "carla", "karla", ""])
_surnames = st.sampled_from(["smith", "smyth", "jones", "okafor", ""])
_days = st.sampled_from(["1980-01-02", "1980-02-01", "1991-12-30", "2001-05-05", ""])
_mails = st.sampled_from(["a.smith@mail.test", "b@mail.test", "family@mail.test", ""])
_streets = st.sampled_from(["1 High Street", "1 High St", "77 Long Lane", ""])
_codes = st.sampled_from(["12345", "99001", ""])


@st.composite
def _records(draw: st.DrawFn) -> list[Incoming]:
    count = draw(st.integers(2, 9))
    return [
        record(
            f"crm/{number}",
            given_name=draw(_names),
            surname=draw(_surnames),
            date_of_birth=draw(_days),
            email=draw(_mails),
            address1=draw(_streets),
            postcode=draw(_codes),
        )
        for number in range(count)
    ]


TIGHT = IdentityRules(block_bound=3, holder_limit=2)
"""Limits so low that entries lose their power within a handful of records."""


@settings(max_examples=300, deadline=None)
@given(_records(), st.data())
def test_any_order_and_any_batches_give_the_same_customers(
    records: list[Incoming], data: st.DataObject
) -> None:
    at_once = MemoryIndex()
    arrive(at_once, records, rules=TIGHT)
    shuffled = data.draw(st.permutations(records))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(records)), max_size=4)))
    batches = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(records)], strict=True)]
    repeated = data.draw(st.lists(st.sampled_from(records), max_size=3))
    bit_by_bit = MemoryIndex()
    arrive(bit_by_bit, *batches, repeated, rules=TIGHT)
    subjects = [r.subject for r in records]
    one, two = at_once.read_records(subjects), bit_by_bit.read_records(subjects)
    assert {s: r.customer_id for s, r in one.items()} == {s: r.customer_id for s, r in two.items()}
    assert {s: r.rivals for s, r in one.items()} == {s: r.rivals for s, r in two.items()}
    assert not any(r.pending for r in two.values())


def test_a_record_that_changes_is_placed_anew() -> None:
    index = MemoryIndex()
    eva = {
        "given_name": "Eva",
        "surname": "Lindqvist",
        "date_of_birth": "1980-01-02",
        "email": "eva@mail.test",
    }
    arrive(index, [record("crm/1", **eva), record("web/1", **eva)])
    assert customers(index, ["crm/1", "web/1"]) == [["crm/1", "web/1"]]
    tom = {"given_name": "Tom", "surname": "Okafor", "date_of_birth": "1991-12-30", "email": "tom@mail.test"}
    placed = arrive(index, [record("web/1", "2", **tom)])
    assert customers(index, ["crm/1", "web/1"]) == [["crm/1"], ["web/1"]]
    assert [s for s, r in placed.items() if r.leaving], "its events have to follow it"
    arrive(index, [record("web/1", "1", **eva)])
    assert customers(index, ["crm/1", "web/1"]) == [["crm/1"], ["web/1"]], "an older version changes nothing"
