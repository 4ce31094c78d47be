"""The cycle's state machine as the states language says it."""

from typing import Any

import pytest

from infra.parts.cycle import INLINE_PARTS, definition

pytestmark = pytest.mark.infra
STEPS = ["begin_cycle", "snapshot_part", "score_population", "segment_part", "decide_part", "report_cycle"]


def states(parts: int) -> dict[str, Any]:
    found = definition({name: f"arn:{name}" for name in STEPS}, parts)["States"]
    assert isinstance(found, dict)
    return found


def walk(parts: int) -> list[str]:
    """The states in the order they run."""
    machine = definition({name: f"arn:{name}" for name in STEPS}, parts)
    name, order = str(machine["StartAt"]), []
    while True:
        order.append(name)
        state = states(parts)[name]
        if state.get("End"):
            return order
        name = state["Next"]


def test_steps_run_in_order() -> None:
    assert [name for name in walk(4) if name in STEPS] == STEPS


def test_only_begin_and_report_change_what_is_handed_on() -> None:
    for name in STEPS[1:-1]:
        assert states(4)[name]["ResultPath"] is None


@pytest.mark.parametrize(("parts", "mode"), [(INLINE_PARTS, "INLINE"), (INLINE_PARTS + 1, "DISTRIBUTED")])
def test_many_parts_are_mapped_over_many_executions(parts: int, mode: str) -> None:
    for name in ("snapshot_part", "segment_part", "decide_part"):
        state = states(parts)[name]

        assert state["ItemProcessor"]["ProcessorConfig"]["Mode"] == mode
        assert state["ItemSelector"]["part.$"] == "$$.Map.Item.Value"


def test_every_call_is_tried_again() -> None:
    for state in states(4).values():
        tasks = state["ItemProcessor"]["States"].values() if state["Type"] == "Map" else [state]
        for task in tasks:
            assert task["Type"] == "Pass" or any(retry["MaxAttempts"] > 1 for retry in task["Retry"])
