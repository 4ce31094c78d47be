"""Files that go to the lake and come from it: what fails on the way is an outage to the domain, whatever boto3 calls it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from courtesy.errors import NotFound, OutsideFailed
from courtesy_aws.lake import S3Lake
from courtesy_local.faults.plan import Fault, Planned
from courtesy_local.faults.wire import Wire, attached
from courtesy_local.faults.world import Run


@pytest.fixture
def wire() -> Iterator[Wire]:
    current: dict[str, Wire] = {}
    with attached(lambda: current["wire"].world, ["s3"]) as made:  # type: ignore[arg-type, return-value]
        current["wire"] = made
        yield made


def failing(wire: Wire, fault: Fault) -> S3Lake:
    run = Run([Planned(n, fault) for n in range(9)])
    wire.world, run.counting = run, True
    return S3Lake("lake")


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.OUTAGE, Fault.ERROR, Fault.SILENCE])
def test_a_transfer_that_fails_is_an_outage(wire: Wire, fault: Fault, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(b"content")
    with pytest.raises(OutsideFailed, match="lake: a/b"):
        failing(wire, fault).upload(tmp_path / "up", "a/b")
    with pytest.raises(OutsideFailed, match="lake: a/b"):
        failing(wire, fault).download("a/b", tmp_path / "down")


def test_its_words_name_no_file_of_the_machine(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(b"content")
    with pytest.raises(OutsideFailed) as failed:
        failing(wire, Fault.THROTTLED).upload(tmp_path / "up", "a/b")
    assert str(tmp_path) not in str(failed.value)
    assert "SlowDown" in str(failed.value)


def test_what_is_not_there_is_not_found(wire: Wire, tmp_path: Path) -> None:
    wire.world = Run()
    with pytest.raises(NotFound):
        S3Lake("lake").download("a/b", tmp_path / "down")
