"""Benchmarks: each is reached by the command, says what it does with an example, and speaks the one document."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import ModuleType

import pytest

from bench import command
from bench.command import benchmarks, run_benchmark
from bench.outcome import Goal, Outcome
from courtesy_local.cli.app import run
from courtesy_local.cli.output import OK, PROBLEM, USAGE

FOLDER = Path(command.__file__).parent
FRAME = {"__init__", "command", "outcome"}


@pytest.mark.parametrize("name", benchmarks())
def test_reached_by_the_command_with_help_and_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", name, "--help"]) == OK
    told = capsys.readouterr().out
    assert f"Example: courtesy bench {name}" in told
    assert "--json" in told


def test_no_module_stands_aside() -> None:
    known = set(benchmarks())
    assert {"intake", "fold", "load", "identity", "population", "decisions", "messages"} <= known
    texts = {path.stem: path.read_text() for path in FOLDER.glob("*.py")}
    for name in texts.keys() - known - FRAME:
        assert any(name in text for other, text in texts.items() if other != name), (
            f"nothing uses bench/{name}.py"
        )


def test_every_benchmark_says_in_one_sentence_what_it_measures() -> None:
    assert all(len(what) > 30 for what in benchmarks().values())


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that gives back what it is told."""
    made = ModuleType("bench.stand_in", "What a stand-in measures.")

    def options(parser: ArgumentParser) -> None:
        parser.add_argument("--figure", type=float, default=2.0)

    def bench(asked: Namespace) -> Outcome:
        return Outcome(
            {
                "speed": asked.figure,
                "by kind": {"a": {"x": 1}, "b": {"x": 2}},
                "flat": {"y": 1},
                "rows": [{"z": 12345}],
            },
            (Goal("speed", asked.figure, at_least=2.0, at_most=3.0, unit="times"),),
        )

    vars(made).update(options=options, bench=bench, EXAMPLE="courtesy bench stand_in")
    monkeypatch.setattr(command, "import_module", {"bench.stand_in": made}.__getitem__)


@pytest.mark.usefixtures("stand_in")
class TestTheOneDocument:
    def test_as_json(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        assert run_benchmark("stand_in", ["--json", "--out", str(tmp_path / "o.json")]) == OK
        told = json.loads(capsys.readouterr().out)
        assert told == json.loads((tmp_path / "o.json").read_text())
        assert list(told) == ["bench", "at", "machine", "seconds", "figures", "goals", "holds"]
        assert told["goals"] == [
            {
                "figure": "speed",
                "measured": 2.0,
                "unit": "times",
                "holds": True,
                "at_most": 3.0,
                "at_least": 2.0,
            }
        ]
        assert told["holds"] is True

    def test_as_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_benchmark("stand_in", []) == OK
        told = capsys.readouterr().out
        assert "by kind" in told
        assert "12,345" in told
        assert "at least 2 and at most 3" in told

    @pytest.mark.parametrize(
        ("figure", "code"), [("2.0", OK), ("3.0", OK), ("1.9", PROBLEM), ("3.1", PROBLEM)]
    )
    def test_check_fails_beyond_a_bound(self, figure: str, code: int) -> None:
        assert run_benchmark("stand_in", ["--figure", figure, "--json"]) == OK
        assert run_benchmark("stand_in", ["--figure", figure, "--json", "--check"]) == code

    def test_misused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run_benchmark("stand_in", ["--bogus"]) == USAGE
        assert "courtesy bench stand_in" in capsys.readouterr().err
