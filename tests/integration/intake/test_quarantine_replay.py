"""`courtesy quarantine list`, `show` and `replay` on S3 in process: what is mended is loaded once, however often it is replayed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from courtesy.intake.contract import SourceContract
from courtesy.intake.difference import Means
from courtesy.intake.finish import chunk_applied
from courtesy.intake.read import Outside, read_drop
from courtesy.intake.report import ChunkCounts, Drop, FileReport, decode_report
from courtesy_aws.lake import S3Lake
from courtesy_local.cli.app import run
from courtesy_local.cli.output import PROBLEM
from courtesy_local.demo.works import Works
from tests.fakes.queue import InMemoryQueue
from tests.integration.intake.test_read_drop_on_s3 import NOW, forget

BAD = "id,name,email\n1,Ann,ann@example.org\n2,Bob,nowhere\n3,,c@example.org\n"
MENDED = "id,name,email\n2,Bob,bob@example.org\n3,Cid,c@example.org\n"
STRICT: dict[str, Any] = {
    "name": "people",
    "record": "person",
    "format": {"kind": "csv"},
    "key": ["id"],
    "fields": {"name": {"column": "name", "required": True}, "email": {"column": "email"}},
}
MILD = STRICT | {"fields": {"name": {"column": "name"}, "email": {"column": "email", "invalid": "empty"}}}


class Installation:
    """What the command needs of `Works`, on two buckets; what is dropped is read and applied when `load` is called."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.rules = folder, SourceContract.model_validate(STRICT)
        self.outside = Outside(S3Lake("drops"), S3Lake("lake"), InMemoryQueue())
        self.lake_get, self.lake_list = self.outside.lake.get, self.outside.lake.list
        self.client, self.outputs = boto3.client, SimpleNamespace(drops_bucket="drops")
        self.dropped: list[Drop] = []

    def reports(self) -> list[FileReport]:
        """Every file's report."""
        return [decode_report(self.lake_get(path)) for path in self.lake_list("outcomes/files/")]

    def drop(self, file: Path, key: str) -> None:
        """See `Works.drop`."""
        self.outside.drops.upload(file, key)
        self.dropped.append(Drop(key, file.stat().st_size, str(len(self.dropped))))

    def load(self) -> FileReport:
        """Read the file that was dropped last, and apply it."""
        work = self.folder / f"work-{len(self.dropped)}"
        rules = {"people": self.rules}
        report = read_drop(self.dropped[-1], rules, self.outside, Means(work, 1), NOW)
        for chunk in range(report.chunks):
            chunk_applied("people", report.file_id, chunk, ChunkCounts(1), self.outside.lake, NOW)
        return report


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Installation]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        forget()
        for bucket in ("drops", "lake"):
            where: Any = {"LocationConstraint": "eu-central-1"}
            boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        made = Installation(tmp_path)
        monkeypatch.setattr(Works, "open", lambda: made)
        (tmp_path / "people.csv").write_text(BAD)
        made.drop(tmp_path / "people.csv", "people/2026/01/05/people.csv")
        made.load()
        yield made
        forget()


@pytest.fixture
def say(place: Installation, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def asked(*words: str) -> Any:
        assert run(["quarantine", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return asked


def test_what_is_mended_is_loaded_once(place: Installation, say: Callable[..., Any], tmp_path: Path) -> None:
    (found,) = say("list")
    assert (found["source"], found["rows"]) == ("people", 2)
    shown = say("show", found["file_id"])
    assert [(row["line"], row["faults"][0]["column"]) for row in shown] == [(3, "email"), (4, "name")]
    assert "nowhere" not in str(shown)
    assert [row["text"] for row in say("show", found["file_id"], "--text")] == BAD.splitlines()[2:]

    (tmp_path / "mended.csv").write_text(MENDED)
    ends = []
    for _ in range(2):
        say("replay", found["file_id"], "--with", str(tmp_path / "mended.csv"))
        report = place.load()
        ends.append((report.loaded, report.unchanged, report.quarantined))
    assert ends == [(2, 0, 0), (0, 2, 0)]


def test_under_another_contract_the_original_gives_what_it_had_not_given(
    place: Installation, say: Callable[..., Any]
) -> None:
    (found,) = say("list", "--source", "people")
    place.rules = SourceContract.model_validate(MILD)
    ends = []
    for _ in range(2):
        assert say("replay", found["file_id"])["key"] == "people/2026/01/05/people.csv"
        report = place.load()
        ends.append((report.loaded, report.unchanged, report.quarantined))
    # the contract's rules are part of what a row says, so the row that passed before is said anew, once
    assert ends == [(3, 0, 0), (0, 3, 0)]


def test_a_file_that_nobody_dropped_has_nothing_to_show(place: Installation) -> None:
    for words in (["show", "f" * 26], ["replay", "f" * 26]):
        assert run(["quarantine", *words]) == PROBLEM
