"""What the customer store makes of DynamoDB's answers, lost ones included."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from courtesy.errors import OutsideFailed, RefusedInput
from courtesy.outcomes import ContactState
from courtesy.timeline.events import Contact, Transaction, encode_event
from courtesy.timeline.profile import Profile, encode_profile
from courtesy_aws.customers import DynamoCustomerStore
from tests.unit.adapters.conftest import Play
from tests.unit.adapters.wire import lost_answer, refusal, unreachable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVA = Profile(customer_id="ceva")
CONTACT = Contact(
    source="courtesy", id="k", when=NOON, trigger="t", occurrence="o", division="cars", category="c",
    purpose="marketing", channel="email", planned=NOON, due=NOON, expires=NOON + timedelta(1),
)  # fmt: skip


def store() -> DynamoCustomerStore:
    return DynamoCustomerStore("timeline", "profiles", pause=lambda _: None, token=lambda: "token" * 8)


def cancelled(*codes: str) -> tuple[int, dict[str, Any]]:
    return refusal("TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes])


@pytest.mark.parametrize(
    ("codes", "meaning"),
    [
        (("ConditionalCheckFailed", "None"), "conflict"),
        (("None", "ConditionalCheckFailed"), "exists"),
        (("ConditionalCheckFailed", "ConditionalCheckFailed"), "exists"),
        (("TransactionConflict", "None"), "conflict"),
        (("None", "TransactionConflict"), "conflict"),
    ],
)
def test_a_cancelled_transaction_tells_why(play: Play, codes: tuple[str, ...], meaning: str) -> None:
    play("dynamodb", cancelled(*codes))
    assert store().commit(EVA, 1, new=[CONTACT]) == meaning


def test_a_throttled_transaction_may_be_tried_again(play: Play) -> None:
    play("dynamodb", cancelled("ThrottlingError", "None"))
    with pytest.raises(OutsideFailed, match="throttled"):
        store().commit(EVA, 1, new=[CONTACT])


def test_a_wrong_transaction_stays_the_error_it_is(play: Play) -> None:
    play("dynamodb", cancelled("ValidationError", "None"))
    with pytest.raises(ClientError):
        store().commit(EVA, 1, new=[CONTACT])


def test_a_transaction_whose_answer_is_lost_is_repeated_with_the_same_token(play: Play) -> None:
    script = play("dynamodb", lost_answer(), {})
    assert store().commit(EVA, 0, new=[CONTACT]) == "committed"
    assert [request["ClientRequestToken"] for request in script.requests] == ["token" * 8] * 2


def test_when_no_answer_comes_the_stamp_tells_that_it_was_done(play: Play) -> None:
    script = play("dynamodb", *[lost_answer()] * 4, {"Item": {"stamp": {"S": "token" * 8}}})
    assert store().commit(EVA, 0, new=[CONTACT]) == "committed"
    assert script.requests[-1]["ConsistentRead"] is True


@pytest.mark.parametrize("item", [{}, {"Item": {"stamp": {"S": "somebody else"}}}])
def test_when_the_stamp_is_not_ours_it_is_open_what_happened(play: Play, item: dict[str, Any]) -> None:
    play("dynamodb", *[lost_answer()] * 4, item)
    with pytest.raises(OutsideFailed, match="ReadTimeout"):
        store().commit(EVA, 0, new=[CONTACT])


def failed_beside(item: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return refusal("ConditionalCheckFailedException", Item=item)


def stored(contact: Contact) -> dict[str, Any]:
    return {"document": {"B": base64.b64encode(encode_event(contact)).decode()}}


def test_a_claim_whose_answer_was_lost_knows_its_own_item(play: Play) -> None:
    claimed = Contact(**(_fields(CONTACT) | {"state": ContactState.SENDING, "claim": "mine"}))
    play("dynamodb", lost_answer(), failed_beside(stored(claimed)))
    assert store().move_contact("ceva", claimed, ContactState.QUEUED, "") == "committed"


def test_another_ones_claim_is_a_conflict(play: Play) -> None:
    mine, theirs = (
        Contact(**(_fields(CONTACT) | {"state": ContactState.SENDING, "claim": claim}))
        for claim in ("mine", "theirs")
    )
    play("dynamodb", lost_answer(), failed_beside(stored(theirs)))
    assert store().move_contact("ceva", mine, ContactState.QUEUED, "") == "conflict"


def test_an_equal_item_that_stood_there_before_the_first_attempt_is_a_conflict(play: Play) -> None:
    play("dynamodb", failed_beside(stored(CONTACT)))
    assert store().move_contact("ceva", CONTACT, ContactState.QUEUED, "") == "conflict"


def test_a_profile_whose_answer_was_lost_knows_its_own_stamp(play: Play) -> None:
    play("dynamodb", lost_answer(), failed_beside({"stamp": {"S": "token" * 8}}))
    assert store().put_profile(EVA, 3) == "committed"


def test_a_store_that_cannot_be_reached_is_an_outside_failure(play: Play) -> None:
    play("dynamodb", *[unreachable()] * 4)
    with pytest.raises(OutsideFailed, match="ConnectTimeoutError"):
        store().put_profile(EVA, 0)


def test_what_a_batch_leaves_over_is_written_again(play: Play) -> None:
    events = [Transaction(source="shop", id=str(n), when=NOON, division="cars") for n in range(3)]
    put = {"PutRequest": {"Item": {"customer_id": {"S": "left over"}}}}
    script = play("dynamodb", {"UnprocessedItems": {"timeline": [put]}}, {"UnprocessedItems": {}})
    store().append("ceva", events)
    assert [len(request["RequestItems"]["timeline"]) for request in script.requests] == [3, 1]


def test_a_batch_that_is_never_done_is_an_outside_failure(play: Play) -> None:
    put = {"PutRequest": {"Item": {"customer_id": {"S": "left over"}}}}
    play("dynamodb", *[{"UnprocessedItems": {"timeline": [put]}}] * 8)
    with pytest.raises(OutsideFailed, match="1 items stayed unprocessed"):
        store().append("ceva", [Transaction(source="shop", id="1", when=NOON, division="cars")])


def test_keys_left_over_are_read_again(play: Play) -> None:
    document = base64.b64encode(encode_profile(EVA)).decode()
    item = {"customer_id": {"S": "ceva"}, "version": {"N": "2"}, "document": {"B": document}}
    script = play(
        "dynamodb",
        {"Responses": {}, "UnprocessedKeys": {"profiles": {"Keys": [{"customer_id": {"S": "ceva"}}]}}},
        {"Responses": {"profiles": [item]}, "UnprocessedKeys": {}},
    )
    assert store().read_profiles(["ceva"]) == {"ceva": (EVA, 2)}
    assert script.requests[1]["RequestItems"]["profiles"]["Keys"] == [{"customer_id": {"S": "ceva"}}]


def test_an_item_that_cannot_fit_is_refused_before_it_is_sent(play: Play) -> None:
    script = play("dynamodb")
    huge = Transaction(source="shop", id="1", when=NOON, division="cars", item="x" * 500_000)
    with pytest.raises(RefusedInput, match="event shop/1 is 488 KB; an item holds at most 400 KB"):
        store().append("ceva", [huge])
    assert script.requests == []


def _fields(contact: Contact) -> dict[str, Any]:
    return {name: getattr(contact, name) for name in contact.__struct_fields__}


def test_the_requests_are_small(play: Play) -> None:
    """A reservation is one request of two items; what DynamoDB reads is the condition and the keys."""
    script = play("dynamodb", {})
    store().commit(EVA, 7, new=[CONTACT])
    [profile, contact] = [entry["Put"] for entry in script.requests[0]["TransactItems"]]
    assert profile["Item"]["version"] == {"N": "8"}
    assert set(contact["Item"]) == {
        "customer_id", "event_key", "document", "state", "claim", "due_shard", "due_at",
    }  # fmt: skip
    assert contact["Item"]["event_key"] == {"S": "contact#t#o"}
    assert contact["Item"]["due_at"] == {"S": "2026-03-02T12:00:00.000000Z"}
    assert len(json.dumps(script.requests[0])) < 2000
