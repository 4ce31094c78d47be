"""What every `ports.Lake` does: the fake and the bucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from courtesy.errors import NotFound
from courtesy.ports import Lake
from courtesy_aws.file_reports import WrittenLake
from courtesy_aws.lake import S3Lake
from courtesy_aws.session import client
from courtesy_local.faults.schedules.objects import Objects
from courtesy_local.faults.schedules.stage import Stage
from tests.fakes import InMemoryLake


@pytest.fixture(params=["fake", "bucket", "schedules"])
def lake(request: pytest.FixtureRequest) -> Iterator[Lake]:
    if request.param == "fake":
        yield InMemoryLake()
        return
    if request.param == "schedules":  # the world of `courtesy faults`, at rest
        yield Objects(Stage(1))
        return
    request.getfixturevalue("aws")
    client("s3").create_bucket(
        Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    yield S3Lake("lake")


def test_an_object_comes_back_and_the_last_write_wins(lake: Lake) -> None:
    lake.put("staged/shop/f1/00000.jsonl.gz", b"one")
    lake.put("staged/shop/f1/00000.jsonl.gz", b"two")
    lake.put("empty", b"")
    assert lake.get("staged/shop/f1/00000.jsonl.gz") == b"two"
    assert lake.get("empty") == b""


def test_what_is_not_there_is_not_found(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="staged/none"):
        lake.get("staged/none")
    with pytest.raises(NotFound, match="staged/none"):
        lake.download("staged/none", tmp_path / "none")


def test_paths_are_listed_sorted_and_over_all_pages(lake: Lake) -> None:
    for n in reversed(range(1010)):
        lake.put(f"moves/c1/part-{n:05}.parquet", b"")
    lake.put("moves/c2/part-00000.parquet", b"")
    assert lake.list("moves/c1/") == [f"moves/c1/part-{n:05}.parquet" for n in range(1010)]
    assert lake.list("none/") == []


def test_files_go_up_and_come_down(lake: Lake, tmp_path: Path) -> None:
    content = bytes(range(256)) * 50_000  # 12.8 MB: in parts
    (tmp_path / "up").write_bytes(content)
    lake.upload(tmp_path / "up", "snapshots/c1/part-00000.parquet")
    lake.download("snapshots/c1/part-00000.parquet", tmp_path / "new" / "down")
    assert (tmp_path / "new" / "down").read_bytes() == content


def test_deleted_is_gone_and_deleting_none_is_no_error(lake: Lake) -> None:
    lake.put("a", b"1")
    lake.delete("a")
    lake.delete("a")
    assert lake.list("") == []


@pytest.mark.parametrize("lake", ["fake", "bucket"], indirect=True)
def test_what_was_written_is_told_with_its_time_newest_first(lake: Lake) -> None:
    known = cast("WrittenLake", lake)
    for path in ("reports/a", "reports/b", "other/c"):
        lake.put(path, b"x")
    told = known.written("reports/")
    assert sorted(path for _, path in told) == ["reports/a", "reports/b"]
    assert all(at.tzinfo is not None for at, _ in told)
    assert [at for at, _ in told] == sorted((at for at, _ in told), reverse=True)
    assert known.written("none/") == []
