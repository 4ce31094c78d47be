"""Which files a message from S3 announces: in the bucket's own form, or in EventBridge's."""

from typing import Any
from urllib.parse import unquote_plus

from courtesy.intake.report import Drop


def arrivals(body: dict[str, Any], bucket: str) -> list[Drop]:
    """The drops that a message announces; none for S3's test message, for deletions and for other buckets.

    The bucket's own notifications URL-encode the key (`+` for a blank), EventBridge's do not.
    """
    if "detail" in body:
        if body.get("detail-type") != "Object Created":
            return []
        return _of(body["detail"], bucket, body["detail"]["object"]["key"])
    drops = []
    for record in body.get("Records", []):
        if str(record.get("eventName", "")).removeprefix("s3:").startswith("ObjectCreated"):
            drops += _of(record["s3"], bucket, unquote_plus(record["s3"]["object"]["key"]))
    return drops


def _of(news: dict[str, Any], bucket: str, key: str) -> list[Drop]:
    if news["bucket"]["name"] != bucket:
        return []
    thing = news["object"]
    put = thing.get("sequencer") or thing.get("versionId") or thing.get("version-id") or ""
    return [Drop(key=key, size=int(thing.get("size", -1)), put=str(put))]
