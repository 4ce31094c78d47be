"""Faults: what goes wrong at which AWS call."""

from enum import StrEnum
from typing import NamedTuple


class Fault(StrEnum):
    """What happens to one request; `attempt` faults hit one attempt (botocore may repeat it), `call` faults all of them."""

    UNREACHABLE = "unreachable"  # attempt: the server never sees it
    ANSWER_LOST = "answer_lost"  # attempt: done, and the answer does not come back
    ERROR = "error"  # attempt: HTTP 500, nothing done
    ERROR_DONE = "error_done"  # attempt: HTTP 500, done all the same
    OUTAGE = "outage"  # call: no attempt reaches the server
    SILENCE = "silence"  # call: every attempt is done, no answer comes back
    THROTTLED = "throttled"  # call: every attempt is refused for its rate, nothing done
    LEFT_OVER = "left_over"  # attempt: a batch is done in part, the rest comes back
    CONTENDED = "contended"  # attempt: others were at the same items, nothing done
    KILLED_BEFORE = "killed_before"  # the process ends before the request
    KILLED_AFTER = "killed_after"  # the process ends after it was done


CALL_FAULTS = frozenset({Fault.OUTAGE, Fault.SILENCE, Fault.THROTTLED})
_ONLY: dict[Fault, tuple[str, ...]] = {
    Fault.LEFT_OVER: ("dynamodb.batch", "sqs.sendmessagebatch"),
    Fault.CONTENDED: ("dynamodb.transact", "dynamodb.putitem", "dynamodb.updateitem"),
}


def applies(fault: Fault, call: str) -> bool:
    """Whether a fault can happen to a call at all."""
    return call.startswith(_ONLY.get(fault, ("",)))


class Planned(NamedTuple):
    """A fault at the nth request of a run, counted from 0."""

    at: int
    fault: Fault


class Killed(BaseException):
    """The process ends here: nothing of it runs on, its messages come again."""
