"""The contact law under faults: the real handlers below botocore, judged by what really left and what really stands.

The whole of it, every call with every fault, is `courtesy faults --exhaustive`; here are the calls at which
something leaves or is decided, some random schedules, and the designs that must not pass.
"""

from collections.abc import Iterator

import pytest

from courtesy_local.faults.designs import WRONG
from courtesy_local.faults.harness import Harness, harness, random_plans, singles
from courtesy_local.faults.plan import Fault, Planned, applies


@pytest.fixture(scope="module")
def held() -> Iterator[Harness]:
    with harness() as made:
        yield made


def test_without_faults_each_gets_what_the_law_allows(held: Harness) -> None:
    story, violations = held.run()
    assert violations == []
    assert [mail.to for mail in story.run.mails] == [
        "ceva@example.com"
    ] * 2  # Tom withdrew before his was claimed


@pytest.mark.parametrize("service", ["sesv2", "sqs"])
def test_any_single_fault_where_something_leaves_breaks_nothing(held: Harness, service: str) -> None:
    verdict = held.every(singles(held.calls(), [service]))
    assert verdict.schedules >= 2 * sum(applies(fault, service) for fault in Fault)
    assert verdict.failing == []


def test_a_process_killed_around_any_transaction_breaks_nothing(held: Harness) -> None:
    faults = (Fault.KILLED_BEFORE, Fault.KILLED_AFTER, Fault.SILENCE)
    plans = [plan for plan in singles(held.calls(), ["dynamodb.transact"]) if plan[0].fault in faults]
    assert len(plans) >= 24
    assert held.every(plans).failing == []


def test_random_schedules_break_nothing(held: Harness) -> None:
    assert held.every(random_plans(len(held.calls()), 20, seed=7)).failing == []


def test_the_same_plan_gives_the_same_run(held: Harness) -> None:
    plan = [Planned(40, Fault.SILENCE), Planned(90, Fault.KILLED_AFTER)]
    held.run()
    first, second = held.run(plan)[0].run, held.run(plan)[0].run
    assert first.calls == second.calls
    assert first.mails == second.mails


@pytest.mark.parametrize("design", WRONG)
def test_a_wrong_design_is_caught(held: Harness, design: str) -> None:
    verdict = held.seeded(design, ["sesv2"])
    assert verdict.failing, f"{verdict.schedules} schedules did not catch {design}"
