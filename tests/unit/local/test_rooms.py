"""The `courtesy` command: each command is found in its room without the others being loaded."""

import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.main import get_command

from courtesy_local.cli.app import ROOMS, build, run
from courtesy_local.cli.output import OK, USAGE


def names(app: typer.Typer) -> set[str]:
    return set(getattr(get_command(app), "commands", {}))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_adds_the_commands_it_is_listed_with(room: str) -> None:
    app = typer.Typer()
    app.callback()(lambda: None)
    import_module(f"courtesy_local.cli.{room}").register(app)
    assert names(app) == set(ROOMS[room])


def test_one_command_brings_its_room_only_and_an_unknown_one_all() -> None:
    assert names(build("rulebook")) == {"rulebook", "conformance"}
    everything = {command for commands in ROOMS.values() for command in commands}
    assert names(build()) == names(build("explian")) == everything


def test_a_command_is_called_by_its_name_although_its_room_has_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["explain", "--help"]) == OK
    assert "courtesy explain" in capsys.readouterr().out
    assert run(["explian"]) == USAGE


def test_explain_loads_neither_columns_nor_an_sdk() -> None:
    loaded = "import sys; from courtesy_local.cli.app import build; build('explain'); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert not {"boto3", "duckdb", "pydantic", "courtesy.rulebook.model"} & set(modules.stdout.split())
