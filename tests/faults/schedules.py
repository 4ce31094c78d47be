"""Running `courtesy faults` as a person does, in a process of its own, and what is asked of its answer."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from courtesy_local.faults.schedules.judge import judge
from courtesy_local.faults.schedules.schedule import Schedule

COMMAND = Path(sys.executable).with_name("courtesy")
LAW = ("duplicate", "cap", "after_withdrawal", "during_case")
"""Promises to customers: never broken."""
KNOWN = 5
"""Schedules of ten thousand that may leave something undone, and only where a merge and its movers die over and over: a mover
that dies after another has finished its work can leave a mark, or an event, that nobody comes back for."""


def faults(*arguments: str) -> dict[str, Any]:
    """What `courtesy faults --json` says."""
    line = [str(COMMAND), "faults", "--json", "--processes", "1", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def keeps_the_law(told: dict[str, Any], schedules: int) -> None:
    """Assert that no promise to a customer was broken, and that what was left undone comes from a merge that died."""
    assert told["schedules"] == schedules
    assert {kind: told["violations"][kind] for kind in LAW} == dict.fromkeys(LAW, 0)
    assert len(told["failing_seeds"]) <= KNOWN
    for seed in told["failing_seeds"]:
        run = Schedule(seed).run()
        assert judge(run), "a failing seed replays alone"
        assert run.pair, f"seed {seed} leaves something undone without any merge"
