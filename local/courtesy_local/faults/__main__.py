"""`python -m courtesy_local.faults [--exhaustive] [--schedules N] [--seed S] [--json]`.

Exit code 1 when a promise was broken or a wrong design was not caught. A plan that broke one is printed; `--replay
'[[64,"killed_after"]]'` runs it alone.
"""

import argparse
import json
import sys

from courtesy_local.faults.designs import WRONG
from courtesy_local.faults.harness import Verdict, harness, random_plans, singles
from courtesy_local.faults.plan import Fault, Planned


def main() -> int:
    """Run what was asked for and say what it came to."""
    asked = argparse.ArgumentParser(prog="courtesy faults", description=__doc__)
    asked.add_argument("--exhaustive", action="store_true", help="every AWS call with every fault, singly")
    asked.add_argument("--schedules", type=int, default=100, help="random schedules of one to six faults")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--replay", default="", help="one plan as JSON: [[call, fault], ...]")
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    with harness() as held:
        calls = held.calls()
        if options.replay:
            plans = [[Planned(at, Fault(fault)) for at, fault in json.loads(options.replay)]]
        else:
            plans = random_plans(len(calls), options.schedules, options.seed)
            plans += singles(calls) if options.exhaustive else []
        verdict = held.every(plans)
        seeded = {} if options.replay else {design: held.seeded(design, ("sesv2",)) for design in WRONG}
    answer = verdict.as_json() | {
        "seeded": {name: {"caught": bool(v.failing), "schedules": v.schedules} for name, v in seeded.items()}
    }
    sys.stdout.write(json.dumps(answer) + "\n" if options.json else _text(verdict, seeded))
    return 1 if verdict.failing or not all(v.failing for v in seeded.values()) else 0


def _text(verdict: Verdict, seeded: dict[str, Verdict]) -> str:
    broken = ", ".join(f"{kind} {number}" for kind, number in verdict.as_json()["violations"].items())
    rate = verdict.schedules / verdict.seconds if verdict.seconds else 0
    lines = [
        f"{verdict.schedules} schedules, {verdict.boundaries} AWS calls, {rate:.1f} schedules/s",
        f"violations: {broken}",
    ]
    for plan, violations in verdict.failing:
        replay = json.dumps([[planned.at, planned.fault.value] for planned in plan])
        lines += [f"  --replay '{replay}'", *(f"    {v.kind}: {v.text}" for v in violations)]
    lines += [
        f"wrong design {name}: {'caught' if v.failing else 'NOT CAUGHT'} after {v.schedules} schedules"
        for name, v in seeded.items()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
