"""The HTTP API: its most used routes as the handler answers them alone and on the local stack, and every function's cold start.

Alone: the handler in this process over stores in memory, so all that is left is Courtesy's own work. On the stack: the same
routes through MiniStack's gateway, authorizer, function worker and stores, where one is up (`courtesy up`). Cold start: a
fresh interpreter imports the function, against one that imports only the third-party modules which the function loads, in
the same order; both with their .pyc files written, in seconds of the processor, so that other work on the machine tells little.
"""

import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from bench.outcome import Goal, Outcome

EXAMPLE = "courtesy bench api --requests 200"
ROOT = Path(__file__).parents[1]
COLD_GOAL = 1.25
"""A function's import against that of its libraries."""

ROUTES: tuple[tuple[str, str, str, dict[str, Any] | None], ...] = (
    ("GET", "/customers/{customer}", "agent", None),
    ("GET", "/customers/{customer}/explain", "agent", None),
    ("GET", "/customers/{customer}/next-action", "agent", None),
    ("POST", "/customers/find", "agent", {"source": "{source}", "record": "{record}"}),
    ("POST", "/customers/{customer}/interactions", "agent", {"division": "cars", "channel": "call"}),
    ("GET", "/triggers", "marketer", None),
    ("POST", "/criteria/check", "marketer", {"criteria": "open_cases = 0", "division": "cars"}),
    ("GET", "/decisions", "marketer", None),
    ("GET", "/pressure/calendar", "marketer", None),
    ("GET", "/sources/freshness", "engineer", None),
)
"""Method, path, role and body of the ten; `{customer}`, `{source}` and `{record}` are filled in."""
ALL = "cars motorcycles marine finance"

_COLD = """
import sys, time
before = set(sys.modules)
began = time.process_time()
import functions.{name}.handler
took = time.process_time() - began
ours = ("functions", "courtesy", "courtesy_aws", "infra", "courtesy_local")
loaded = [n for n in sys.modules if n not in before and n.split(".")[0] not in ours and n.split(".")[0] not in sys.stdlib_module_names]
import json; print(json.dumps([took, loaded]))
"""
_BARE = """
import sys, time, json
names = json.loads(sys.argv[1])
began = time.process_time()
for name in names:
    try:
        __import__(name)
    except ImportError:
        pass
print(json.dumps([time.process_time() - began, []]))
"""


def options(parser: ArgumentParser) -> None:
    """How often each is asked."""
    parser.add_argument("--requests", type=int, default=100, help="requests of each route (100)")
    parser.add_argument(
        "--starts", type=int, default=3, help="fresh interpreters for each function (3); the best counts"
    )
    parser.add_argument("--no-stack", action="store_true", help="leave the local stack out")
    parser.add_argument("--no-cold", action="store_true", help="leave the cold starts out")


def bench(asked: Namespace) -> Outcome:
    """Measure what is asked for."""
    figures: dict[str, Any] = {"handler alone, ms": alone(asked.requests)}
    goals: list[Goal] = []
    if not asked.no_stack:
        figures["on the local stack, ms"] = (
            on_the_stack(asked.requests) or "no stack is up; `courtesy up` starts one"
        )
    if not asked.no_cold:
        starts = {name: cold_start(name, asked.starts) for name in functions()}
        figures["cold start, ms"] = starts
        worst = max(starts, key=lambda name: starts[name]["ratio"])
        goals.append(
            Goal(f"cold start of {worst}", starts[worst]["ratio"], at_most=COLD_GOAL, unit="x its libraries")
        )
    return Outcome(figures, tuple(goals))


def alone(requests: int) -> dict[str, dict[str, float]]:
    """Route -> p50 and p95 of the handler over stores in memory."""
    import pytest

    from functions.serve_api import wiring
    from tests.unit.functions.serve_api.conftest import Api, in_memory
    from tests.unit.functions.serve_api.worlds import CUSTOMERS, furnish, mark

    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as scratch:
        outside = furnish(in_memory(Path(scratch)))
        patch.setattr(wiring, "wire", lambda: outside)
        api = Api(outside)
        names = {"customer": CUSTOMERS["cars"], "source": "crm_persons", "record": mark("cars")}

        def ask(method: str, path: str, role: str, body: dict[str, Any] | None) -> int:
            return api(method, path, role=role, divisions=ALL, body=body).status

        return _measured(ask, names, requests)


def on_the_stack(requests: int) -> dict[str, dict[str, float]] | None:
    """Route -> p50 and p95 through the gateway of the local stack; None where none is up."""
    from courtesy_local.stack.local_stack import LocalStack

    stack = LocalStack()
    if not stack.is_up():
        return None
    names = _somebody(stack)

    def ask(method: str, path: str, role: str, body: dict[str, Any] | None) -> int:
        return int(stack.http(method, path, body=body, role=role).status)

    return _measured(ask, names, requests)


def cold_start(name: str, starts: int) -> dict[str, float]:
    """Milliseconds to import the function and to import its libraries alone, the best of `starts` each; and their ratio."""
    _, loaded = _run(_COLD.format(name=name))  # writes the .pyc files
    cold, bare = [], []
    for _ in range(starts):
        cold.append(_run(_COLD.format(name=name))[0])
        bare.append(_run(_BARE, orjson.dumps(loaded).decode())[0])
    best, least = min(cold) * 1000, min(bare) * 1000
    return {"function": round(best, 1), "libraries": round(least, 1), "ratio": round(best / least, 3)}


def functions() -> list[str]:
    """The functions by name."""
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


def _measured(
    ask: Callable[[str, str, str, dict[str, Any] | None], int], names: dict[str, str], requests: int
) -> dict[str, dict[str, float]]:
    found = {}
    for method, path, role, body in ROUTES:
        filled = {key: value.format(**names) for key, value in (body or {}).items()} or None
        told: list[float] = []
        statuses = set()
        for n in range(requests + 3):
            began = time.perf_counter()
            statuses.add(ask(method, path.format(**names), role, filled))
            if n >= 3:  # the first ones warm up
                told.append((time.perf_counter() - began) * 1000)
        cuts = statistics.quantiles(told, n=20)
        found[f"{method} {path}"] = {
            "p50": round(statistics.median(told), 2), "p95": round(cuts[-1], 2), "status": max(statuses),
        }  # fmt: skip
    return found


def _somebody(stack: Any) -> dict[str, str]:
    """A customer of the stack with a person record, whom the agent may see who asks for them afterwards."""
    table = stack.outputs().profiles_table
    for item in stack.client("dynamodb").scan(TableName=table, Limit=50)["Items"]:
        customer = item["customer_id"]["S"]
        answer = stack.http("GET", f"/customers/{customer}", role="agent")
        if answer.status == 200 and answer.json()["records"]:
            source, _, record = answer.json()["records"][0].partition("/")
            return {"customer": customer, "source": source, "record": record}
    return {"customer": "c" + "a" * 26, "source": "crm_persons", "record": "none"}


def _run(script: str, *arguments: str) -> tuple[float, list[str]]:
    """What a script prints in a fresh interpreter: seconds, and names of modules."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    took, loaded = orjson.loads(done.stdout.splitlines()[-1])
    return took, loaded
