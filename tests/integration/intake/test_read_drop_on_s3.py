"""read_drop on S3 and SQS in process: the reference sales file, chunk by chunk to its end, then once more."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from courtesy.intake.contract import SourceContract
from courtesy.intake.difference import Means
from courtesy.intake.finish import chunk_applied
from courtesy.intake.read import Outside, read_drop
from courtesy.intake.report import ChunkCounts, Drop, decode_report, report_path
from courtesy.intake.staged import decode_rows
from courtesy.outcomes import FileOutcome
from courtesy_aws import session
from courtesy_aws.lake import S3Lake
from courtesy_aws.queues import SqsQueue

NOW = datetime(2026, 1, 6, tzinfo=UTC)
KEY = "cdnow/2026/01/05/sales.txt"
FILE = Path(__file__).parents[3] / "../shared/data/clv-cdnow-sample/CDNOW_sample.txt"
RULES = SourceContract.model_validate(
    {
        "name": "cdnow",
        "record": "transaction",
        "division": "cars",
        "format": {
            "kind": "whitespace",
            "header": False,
            "columns": ["master", "customer", "day", "units", "dollars"],
        },
        "key": "row",
        "customer_key": "customer",
        "event_time": "day",
        "event_time_format": "%Y%m%d",
        "fields": {"amount": {"column": "dollars"}, "quantity": {"column": "units"}},
    }
)


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        forget()
        s3 = boto3.client("s3")
        for bucket in ("drops", "lake"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield boto3.client("sqs").create_queue(QueueName="chunks")["QueueUrl"]
        forget()


def forget() -> None:
    for made in vars(session).values():
        clear = getattr(made, "cache_clear", None)
        if clear is not None:
            clear()


@pytest.mark.skipif(not FILE.exists(), reason="the CDNOW sample is not beside the checkout")
def test_the_reference_sales_come_out_to_the_cent_and_only_once(url: str, tmp_path: Path) -> None:
    outside = Outside(S3Lake("drops"), S3Lake("lake"), SqsQueue(url))
    outside.drops.upload(FILE, KEY)
    report = read_drop(
        Drop(KEY, FILE.stat().st_size, "1"), {"cdnow": RULES}, outside, Means(tmp_path / "a"), NOW
    )
    assert (report.rows_in, report.loaded, report.quarantined, report.chunks) == (6_919, 6_919, 0, 4)

    cents, customers = 0, set()
    messages = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    for message in messages + messages[:2]:
        body = json.loads(message["Body"])
        rows = decode_rows(gzip.decompress(outside.lake.get(body["path"])))
        chunk_applied(
            body["source"], body["file_id"], body["chunk"], ChunkCounts(len(rows)), outside.lake, NOW
        )
    for chunk in {json.loads(message["Body"])["path"] for message in messages}:
        for row in decode_rows(gzip.decompress(outside.lake.get(chunk))):
            assert row.event is not None
            cents += int(row.event["amount"] or 0)
            customers.add(row.customer)
    assert (cents, len(customers)) == (24_409_194, 2_357)
    done = decode_report(outside.lake.get(report_path("cdnow", report.file_id)))
    assert (done.outcome, done.balanced) == (FileOutcome.LOADED, True)

    again = read_drop(
        Drop(KEY, FILE.stat().st_size, "2"), {"cdnow": RULES}, outside, Means(tmp_path / "b"), NOW
    )
    assert (again.outcome, again.rows_in, again.unchanged) == (FileOutcome.REPEATED, 6_919, 6_919)
