"""Running `courtesy faults` as a person does, in a process of its own, and what is asked of its answer."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("courtesy")
PROMISES = ("duplicate", "cap", "after_withdrawal", "during_case", "lost", "fold")


def faults(*arguments: str) -> dict[str, Any]:
    """What `courtesy faults --json` says."""
    line = [str(COMMAND), "faults", "--json", "--processes", "1", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def keeps_the_law(told: dict[str, Any], schedules: int) -> None:
    """Assert that no promise to a customer was broken and nothing was left undone."""
    assert told["schedules"] == schedules
    assert (told["failing_seeds"], told["violations"]) == ([], dict.fromkeys(PROMISES, 0))
