"""Large files end as small ones do, and what the means do not suffice for is refused instead of tried again."""

import errno
from pathlib import Path
from typing import Any

import pytest

from courtesy.intake.difference import Means
from courtesy.intake.read import Outside, read_drop
from courtesy.intake.rehearse import rehearse
from courtesy.intake.report import Drop
from tests.fakes.lake import InMemoryLake
from tests.fakes.queue import InMemoryQueue
from tests.unit.intake.mill import NOW, contract

KEY = "people/2026/01/01/{word}.csv"
TEXT = "id,name,email\n" + "".join(f"{n},Ann,a{n}@example.org\n" for n in range(3_000))


class Full(InMemoryLake):
    """A lake whose files find no room here, or cannot be reached at all."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def download(self, path: str, target: Path) -> None:
        raise self.error


def drop(drops: InMemoryLake, lake: InMemoryLake, means: Means) -> Any:
    drops.put(KEY, TEXT.encode())
    return read_drop(
        Drop(KEY, len(TEXT), "p"), {"people": contract()}, Outside(drops, lake, InMemoryQueue()), means, NOW
    )


def test_a_file_that_takes_more_memory_is_refused_and_leaves_the_source_free(tmp_path: Path) -> None:
    lake = InMemoryLake()
    report = drop(InMemoryLake(), lake, Means(tmp_path, 1, "1MB"))
    assert (report.outcome, report.reason) == ("refused", "too_large")
    assert "more memory than there is; cut it" in report.text
    assert not list(lake.list("source_state/people/reading/"))


def test_a_file_that_the_disk_does_not_hold_is_refused_and_other_errors_come_again(tmp_path: Path) -> None:
    full = Full(OSError(errno.ENOSPC, "No space left on device"))
    report = drop(full, InMemoryLake(), Means(tmp_path, 1))
    assert (report.outcome, report.reason) == ("refused", "too_large")
    assert "more disk than there is; cut it" in report.text
    with pytest.raises(OSError, match="unplugged"):
        drop(Full(OSError(errno.EIO, "unplugged")), InMemoryLake(), Means(tmp_path, 1))


@pytest.mark.parametrize("write", ["upload", "put"])
def test_a_disk_that_fills_while_rows_are_staged_refuses_the_file(
    tmp_path: Path, write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = InMemoryLake()
    real = InMemoryLake.put

    def fails(path: str, *_: Any) -> None:
        if "/reading/" in path or path.startswith("outcomes/"):
            return real(lake, path, *_)
        raise OSError(errno.ENOSPC, "no")  # to each of the threads that write chunks

    monkeypatch.setattr(lake, write, fails if write == "put" else lambda *_: fails(""))
    assert drop(InMemoryLake(), lake, Means(tmp_path / "a", 1)).reason == "too_large"


def test_braces_in_a_name_and_rows_twice_in_parts_of_a_few(tmp_path: Path) -> None:
    file = tmp_path / "{word}.csv"
    file.write_text(TEXT + "5,Bob,\n6,Cid,\n6,Dan,\n7,Ann,a7@example.org\n")
    small, large = (
        rehearse(contract(), file, Means(tmp_path / str(size), 1, large=size, part=100), NOW, file)
        for size in (1 << 30, 0)
    )
    assert small == large
