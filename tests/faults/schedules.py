"""Running `courtesy faults` as a person does, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("courtesy")


def faults(*arguments: str) -> dict[str, Any]:
    """What `courtesy faults --json` says, and its exit code under `code`."""
    line = [str(COMMAND), "faults", "--json", "--processes", "1", *arguments]
    done = subprocess.run(line, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert done.stdout, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told | {"code": done.returncode}
