"""`courtesy rehearse`: what is wrong with its files and places is said before anything is rehearsed."""

from pathlib import Path

import pytest

from courtesy_local.cli.app import run
from courtesy_local.cli.output import PROBLEM


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.jsonl", b'{"customer_id": ', "line 1: this is no profile"),
        ("a.jsonl.gz", b"no gzip", "no whole gzip file"),
        ("a.txt", b"", "there is no profile"),
    ],
)
def test_a_rehearsal_says_which_file_of_profiles_is_none(
    name: str, content: bytes, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert run(["rehearse", "--profiles", str(tmp_path), "--days", "1"]) == PROBLEM
    assert told in " ".join(capsys.readouterr().err.split())


def test_a_rehearsal_asks_for_a_place_to_write_to_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nowhere" / "page.html"
    assert run(["rehearse", "--profiles", str(tmp_path), "--out", str(out)]) == PROBLEM
    assert "folder that is there" in " ".join(capsys.readouterr().err.split())
