"""Every command, found by walking the tree: help with an example that would run, `--json`, exit codes, what is said when a name is wrong."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from courtesy_local.cli.app import build, run
from courtesy_local.cli.output import NOT_UP, USAGE
from courtesy_local.stack import places
from courtesy_local.stack.local_stack import Answer
from courtesy_local.vendor.api_vendor import ApiVendorServer


def _commands(here: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    below = getattr(here, "commands", None)
    if below is None:
        yield path, here
        return
    for name, command in below.items():
        yield from _commands(command, (*path, name))


ALL = dict(_commands(typer.main.get_command(build())))
NAMES = [pytest.param(path, id=" ".join(path)) for path in ALL]
ID = "c5xkq3jt7w2m4n6p8r0s2t4v6y"
NEED_THE_STACK = [
    ["status"], ["cycle"], ["show", ID], ["explain", ID], ["balance"], ["quarantine", "list"], ["quarantine", "show", "abc"],
    ["unknown", "list"], ["privacy", "access", ID], ["privacy", "erase", ID, "--yes"], ["rulebook", "history"], ["rulebook", "publish"],
    ["rulebook", "rollback", "1"], ["rehearse"], ["measure", "--from", "2026-01-01"], ["outbox"], ["vendor", "overdue"], ["console", "--no-open"],
    ["proof", "welcome_cars", "--to", "brand@example.com"], ["segments", "report", "--from", "2026-01-01", "--to", "2026-02-01"],
]  # fmt: skip


def test_a_refusal_of_the_api_is_said_in_its_own_words() -> None:
    told = Answer(
        422,
        {},
        b'{"type": "about:blank", "title": "Wrong fields", "status": 422, "detail": "path.id: not an id"}',
    )
    assert told.refusal() == "path.id: not an id (the API answered 422)"
    assert Answer(409, {}, b'{"title": "In the way"}').refusal() == "In the way (the API answered 409)"
    for body in (b"<html>", b"[1]", b"{}"):
        assert Answer(502, {}, body).refusal() == f"the API answered 502: {body.decode()}"


def test_a_proof_goes_to_an_address_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["proof", "welcome_cars", "--to", "nobody"]) == 1
    assert "--to is no e-mail address" in capsys.readouterr().err


def test_what_nobody_foresaw_says_where_and_not_what(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:  # fmt: skip
    file = tmp_path / "a.csv"
    file.write_text("id\n1\n")

    def broken(*_: object) -> None:
        raise KeyError("ann@example.com")

    monkeypatch.setattr("courtesy.intake.suggest.suggest", broken)
    assert run(["source", "suggest", str(file)]) == 1
    said = capsys.readouterr().err
    assert "KeyError at test_commands.py:" in said
    assert "ann@" not in said
    monkeypatch.setenv("COURTESY_DEBUG", "1")
    with pytest.raises(KeyError):
        run(["source", "suggest", str(file)])


def test_a_file_that_the_system_refuses_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:  # fmt: skip
    file = tmp_path / "[red]a[b].csv"
    file.write_text("id\n1\n")

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr("courtesy.intake.suggest.suggest", refused)
    assert run(["source", "suggest", str(file)]) == 1
    assert "[red]a[b].csv: permission denied" in capsys.readouterr().err


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no stack was ever brought up."""
    for name in ("STATE", "SERVER_STATE", "DEPLOYED", "OUTPUTS"):
        monkeypatch.setattr(places, name, tmp_path / getattr(places, name).name)


def _help(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    """What `--help` prints, as one line; benchmarks print their own."""
    run([*path, "--help"])
    return " ".join(re.sub(r"[│╭╰╮╯─]", " ", capsys.readouterr().out).split())


def test_the_tree_is_found() -> None:
    assert {("up",), ("demo",), ("rulebook", "publish"), ("bench", "api"), ("vendor", "schema")} <= set(ALL)


@pytest.mark.parametrize("path", NAMES)
def test_help_has_an_example_of_the_command_itself_and_json(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    text = _help(path, capsys)
    assert f"Example: courtesy {' '.join(path)}" in text
    assert "--json" in text


@pytest.mark.parametrize("path", [path for path in ALL if path[0] != "bench"], ids=" ".join)
def test_the_example_names_options_that_there_are(path: tuple[str, ...]) -> None:
    written = f"{ALL[path].help}\n\n{ALL[path].epilog or ''}"
    example = re.split(r"\n\s*\n", written.partition("Example: ")[2])[0]
    given = [word for word in shlex.split(re.split(r"&&|>", example)[0]) if word.startswith("--")]
    known = {name for option in ALL[path].params for name in (*option.opts, *option.secondary_opts)}
    assert set(given) <= known | {"--help"}


@pytest.mark.parametrize("arguments", NEED_THE_STACK, ids=" ".join)
def test_without_a_stack_it_is_said_what_to_do(
    arguments: list[str], nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == NOT_UP
    told = capsys.readouterr()
    assert "courtesy up" in told.err
    assert "Traceback" not in told.err + told.out


@pytest.mark.parametrize(
    ("arguments", "nearest", "remedy"),
    [
        (["cyle"], "Did you mean 'cycle'?", "try `courtesy --help`"),
        (["privacy", "acess"], "Did you mean 'access'?", "try `courtesy privacy --help`"),
        (["drop", "--sorce", "x"], "--source", "try `courtesy drop --help`"),
        (["rulebook", "publich"], "Did you mean 'publish'?", "try `courtesy rulebook --help`"),
        (["render", "welcome_cras"], "welcome_cars", ""),
    ],
)
def test_a_wrong_name_is_told_the_nearest_right_one(
    arguments: list[str], nearest: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) in (1, USAGE)
    told = " ".join(capsys.readouterr().err.split())
    assert nearest in told
    assert remedy in told


@pytest.mark.parametrize("content", [b"\x89PNG\r\n", b"a: " + b"[" * 50_000])
def test_a_contract_that_is_no_text_is_refused_without_a_traceback(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = tmp_path / "people.yaml"
    contract.write_bytes(content)
    file = tmp_path / "f.csv"
    file.write_text("id\n1\n")
    assert run(["source", "check", str(contract), str(file)]) == 1
    assert "no YAML in UTF-8" in capsys.readouterr().err


def test_a_contract_whose_key_is_an_address_is_warned_of_where_its_files_are_tried(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = tmp_path / "people.yaml"
    contract.write_text(
        "name: people\nrecord: person\nformat: {kind: csv}\nkey: [mail]\nfields: {email: {column: mail}, surname: {column: last}}\n"
    )
    file = tmp_path / "f.csv"
    file.write_text("mail,last\na@mail.test,Abel\n")
    assert run(["source", "check", str(contract), str(file), "--json"]) == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert warning.startswith("people.yaml: key: column 'mail' is the person's email")
    assert run(["source", "check", str(contract), str(file)]) == 0
    assert "warning: people.yaml: key: column 'mail'" in " ".join(capsys.readouterr().out.split())


def test_a_vendor_with_an_api_is_served_where_the_port_is_free(capsys: pytest.CaptureFixture[str]) -> None:
    with ApiVendorServer() as taken:
        port = taken.url.partition("127.0.0.1:")[2].partition("/")[0]
        assert run(["vendor", "serve", "--port", port]) == 1
    assert f"port {port} cannot be listened on" in " ".join(capsys.readouterr().err.split())


def test_a_sample_mailing_of_a_channel_that_is_not_printed_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["vendor", "sample", str(tmp_path), "--channel", "postcrad"]) == 1
    assert "postcard" in capsys.readouterr().err
    assert run(["vendor", "sample", str(tmp_path / "trial"), "--channel", "postcard", "--json"]) == 0
    assert run(["vendor", "check", str(tmp_path / "trial"), "--json"]) == 0


_NAMED = re.compile(
    r"(?:`|^ *\$? ?)(?:\.venv/bin/)?courtesy ([a-z][a-z-]*(?: [a-z][a-z-]*)*)((?:[^`\n#&|>]|(?<=\\\\)\n)*)",
    re.MULTILINE,
)
"""A command as pages write it: its words, and what follows up to the end of the code, also over a line that `\\` goes on."""


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "docs"])
def test_pages_name_only_commands_and_options_that_there_are(page: str) -> None:
    place, whole = places.CHECKOUT / page, typer.main.get_command(build())
    named = 0
    for file in sorted(place.rglob("*.md")) if place.is_dir() else [place]:
        for match in _NAMED.finditer(file.read_text()):
            here: Any = whole
            for word in match[1].split():
                if not hasattr(here, "commands"):  # the rest are arguments
                    break
                assert word in here.commands, f"{file.name}: courtesy {match[1]}"
                here = here.commands[word]
            if not hasattr(here, "commands") and not match[1].startswith("bench"):  # those read their own
                known = {name for option in here.params for name in (*option.opts, *option.secondary_opts)}
                given = set(re.findall(r"(?<!\S)--[a-z-]+", match[2]))
                assert given <= known | {"--help"}, f"{file.name}: courtesy {match[1]}"
            named += 1
    assert named
