"""Another ten thousand random schedules, in a file of their own so that they run beside the first ones."""

from courtesy_local.faults.schedules.run import KINDS
from tests.faults.schedules import faults

SCHEDULES = 10_000


def test_no_promise_is_broken() -> None:
    told = faults("--seed", "10001", "--schedules", str(SCHEDULES))
    assert told["failing_seeds"] == []
    assert told["violations"] == dict.fromkeys(KINDS, 0)
    assert told["schedules"] == SCHEDULES
