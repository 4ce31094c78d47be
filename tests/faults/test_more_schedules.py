"""Another ten thousand random schedules, in a file of their own so that they run beside the first ones."""

from tests.faults.schedules import faults, keeps_the_law

SCHEDULES = 10_000


def test_no_promise_to_a_customer_is_broken() -> None:
    keeps_the_law(faults("--seed", "10001", "--schedules", str(SCHEDULES)), SCHEDULES)
