"""`messages.ports.MailingShelf` on S3: pieces, registers and manifests of print mailings below `mailings/` in the lake.

The register of a mailing is written with `If-None-Match: *`, so the first one stands and everybody reads the same.
"""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from courtesy.errors import OutsideFailed
from courtesy.messages.mailing import folder
from courtesy_aws.session import client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGISTER = "register.json"
"""Ours alone: it tells which customer a piece is for. Vendors may read the manifest and `pieces/`, not this."""

_TYPES = {"pdf": "application/pdf", "json": "application/json", "jsonl": "application/x-ndjson"}
_STOOD = frozenset({"PreconditionFailed", "412"})
_RACING = frozenset({"ConditionalRequestConflict", "409"})
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


class S3MailingShelf:
    """Mailings in the lake's bucket."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._s3: S3Client = client("s3")

    def __repr__(self) -> str:
        return f"S3MailingShelf({self._bucket!r})"

    def put_piece(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        """See `MailingShelf`."""
        self.put(vendor, mailing_id, file, content)

    def put(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        """See `MailingShelf`. Raises OutsideFailed."""
        path = folder(vendor, mailing_id) + file
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=path, Body=content, ContentType=_TYPES[file.rpartition(".")[2]]
            )
        except (ClientError, BotoCoreError) as error:
            raise _failed(error, path) from error

    def close(self, vendor: str, mailing_id: str, content: bytes) -> bytes:
        """See `MailingShelf`. Raises OutsideFailed."""
        path = folder(vendor, mailing_id) + REGISTER
        for _ in range(3):
            try:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=path,
                    Body=content,
                    ContentType=_TYPES["json"],
                    IfNoneMatch="*",
                )
                return content
            except ClientError as error:
                code = str(error.response["Error"]["Code"])
                if code in _STOOD:
                    stands = self.register(vendor, mailing_id)
                    if stands is not None:
                        return stands
                elif code not in _RACING:
                    raise _failed(error, path) from error
            except BotoCoreError as error:
                raise _failed(error, path) from error
        raise OutsideFailed(f"lake: {path}: written by several at once; the message is delivered again")

    def register(self, vendor: str, mailing_id: str) -> bytes | None:
        """See `MailingShelf`. Raises OutsideFailed."""
        path = folder(vendor, mailing_id) + REGISTER
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=path)["Body"].read()
        except ClientError as error:
            if str(error.response["Error"]["Code"]) in _MISSING:
                return None
            raise _failed(error, path) from error
        except BotoCoreError as error:
            raise _failed(error, path) from error


def _failed(error: ClientError | BotoCoreError, path: str) -> OutsideFailed:
    what = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    return OutsideFailed(f"lake: {path}: {what}")
