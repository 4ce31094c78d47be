"""`ports.Lake` on an S3 bucket."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from courtesy.errors import NotFound, OutsideFailed
from courtesy_aws.session import client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TRANSFER = TransferConfig(max_concurrency=4)
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Lake:
    """Objects of one bucket by their path. Large files go and come in parts of 8 MB."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._s3: S3Client = client("s3")

    def __repr__(self) -> str:
        return f"S3Lake({self._bucket!r})"

    def put(self, path: str, content: bytes) -> None:
        """See `ports.Lake`."""
        try:
            self._s3.put_object(Bucket=self._bucket, Key=path, Body=content)
        except (ClientError, BotoCoreError) as error:
            raise _failed(error, path) from error

    def get(self, path: str) -> bytes:
        """See `ports.Lake`."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=path)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise _failed(error, path) from error

    def list(self, prefix: str) -> list[str]:
        """See `ports.Lake`. One request per 1,000 objects."""
        paths: list[str] = []
        try:
            for page in self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            ):
                paths += [item["Key"] for item in page.get("Contents", [])]
        except (ClientError, BotoCoreError) as error:
            raise _failed(error, prefix) from error
        return sorted(paths)

    def written(self, prefix: str) -> Sequence[tuple[datetime, str]]:
        """When each object below a prefix was last written, and its path; the newest first. One request per 1,000 objects."""
        found: list[tuple[datetime, str]] = []
        try:
            for page in self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=prefix
            ):
                found += [(item["LastModified"], item["Key"]) for item in page.get("Contents", [])]
        except (ClientError, BotoCoreError) as error:
            raise _failed(error, prefix) from error
        return sorted(found, reverse=True)

    def upload(self, local: Path, path: str) -> None:
        """See `ports.Lake`."""
        try:
            self._s3.upload_file(str(local), self._bucket, path, Config=_TRANSFER)
        except (ClientError, BotoCoreError, Boto3Error) as error:
            raise _failed(error, path) from error

    def download(self, path: str, local: Path) -> None:
        """See `ports.Lake`. Makes the local folder where it is missing."""
        local.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._s3.download_file(self._bucket, path, str(local), Config=_TRANSFER)
        except (ClientError, BotoCoreError, Boto3Error) as error:
            raise _failed(error, path) from error

    def delete(self, path: str) -> None:
        """See `ports.Lake`."""
        try:
            self._s3.delete_object(Bucket=self._bucket, Key=path)
        except (ClientError, BotoCoreError) as error:
            raise _failed(error, path) from error


def _failed(error: ClientError | BotoCoreError | Boto3Error, path: str) -> NotFound | OutsideFailed:
    if isinstance(error, Boto3Error) and isinstance(error.__context__, ClientError):
        # A transfer wraps what S3 answered, with the local file's name in its words.
        error = error.__context__
    if not isinstance(error, ClientError):
        return OutsideFailed(f"lake: {path}: {type(error).__name__}")
    code = error.response["Error"]["Code"]
    return (
        NotFound(f"lake: there is no {path}") if code in _MISSING else OutsideFailed(f"lake: {path}: {code}")
    )
