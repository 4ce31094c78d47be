"""Every alarm has its entry in the runbook."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def _entries() -> set[str]:
    text = (CHECKOUT / "docs" / "runbook.md").read_text(encoding="utf-8")
    return set(re.findall(r"^### (\S+)$", text, re.MULTILINE))


def _alarms() -> set[str]:
    """The names given to `notices.alarm` in the description of the installation, placeholders included."""
    names = set()
    for module in (CHECKOUT / "infra").rglob("*.py"):
        for name in re.findall(r"\.alarm\(\s*f?\"([^\"]+)\"", module.read_text(encoding="utf-8")):
            kind = "queue" if module.name == "queue.py" else "function"
            names.add(name.replace("{name}", f"{{{kind}}}"))
    return names


def test_every_alarm_is_in_the_runbook_and_nothing_else() -> None:
    assert _alarms(), "no alarm was found: the pattern of this test has gone stale"
    assert _entries() == _alarms()
