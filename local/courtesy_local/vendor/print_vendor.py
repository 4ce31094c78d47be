"""The stand-in print vendor: takes announced mailings off the queue, checks them, reports back what it did.

A mailing announced twice is printed once: the vendor remembers mailing and piece ids, as the contract asks of a real one.
Pieces that are asked back before they are printed are rejected as `recalled`; those that have left are reported as mailed.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from courtesy.messages.mailing import RECALL, ManifestLine
from courtesy.messages.vendor_status import STATUS
from courtesy_local.stack.local_stack import LocalStack
from courtesy_local.vendor.checks import check_mailing


@dataclass
class VendorReport:
    """What one call of `work` did; pieces, but for `mailings`."""

    mailings: int = 0
    mailed: int = 0
    rejected: int = 0
    returned: int = 0
    repeated: int = 0
    recalled: int = 0


@dataclass(frozen=True)
class Returns:
    """Which mailed pieces come back undeliverable: a share of them by a seeded draw, or all to certain postcodes."""

    share: float = 0.0
    seed: int = 7
    postcodes: frozenset[str] = frozenset()

    def comes_back(self, piece: ManifestLine) -> bool:
        """The same answer for the same piece, whatever the order."""
        return (
            piece.address_zip in self.postcodes
            or Random(f"{self.seed}/{piece.piece_id}").random() < self.share
        )


@dataclass
class PrintVendor:
    """Works off the vendor queue of a local stack."""

    stack: LocalStack
    returns: Returns = field(default_factory=Returns)
    _printed: set[str] = field(default_factory=set)
    _stopped: set[str] = field(default_factory=set)

    def work(self, letters_back: int = 1) -> VendorReport:
        """Take every mailing that is announced now. Besides `returns`, the first `letters_back` letters come back."""
        sqs, queues = self.stack.client("sqs"), self.stack.outputs().queues
        report = VendorReport()
        messages: list[tuple[bytes, str]] = []
        while more := sqs.receive_message(QueueUrl=queues["vendor"], MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            messages += [(message["Body"].encode(), message["ReceiptHandle"]) for message in more]
        # What is asked back is put aside before anything is printed, in whatever order the queue gave it.
        messages.sort(key=lambda message: json.loads(message[0]).get("schema") != RECALL)
        for body, receipt in messages:
            told: dict[str, Any] = json.loads(body)
            if told.get("schema") == RECALL:
                self._recall(told, report)
            else:
                self._mailing(body, report, letters_back)
            sqs.delete_message(QueueUrl=queues["vendor"], ReceiptHandle=receipt)
        return report

    def _recall(self, told: dict[str, Any], report: VendorReport) -> None:
        gone = [piece for piece in told["pieces"] if piece in self._printed]
        stopped = [piece for piece in told["pieces"] if piece not in self._printed]
        report.recalled += len(set(stopped) - self._stopped)
        self._stopped.update(stopped)
        if gone:
            self._report(told, "mailed", [(piece, "") for piece in gone])
        self._report(told, "rejected", [(piece, "recalled") for piece in stopped])

    def _mailing(self, body: bytes, report: VendorReport, letters_back: int) -> None:
        told: dict[str, Any] = json.loads(body)
        checked = check_mailing(body, lambda name: self._read(str(told["folder"]) + name))
        if checked.problems:
            report.rejected += len(checked.pieces)
            self._report(told, "rejected", [(piece.piece_id, "manifest") for piece in checked.pieces])
            return
        known = self._printed | self._stopped
        fresh = [piece for piece in checked.good if piece.piece_id not in known]
        report.repeated += sum(piece.piece_id in self._printed for piece in checked.good)
        self._printed.update(piece.piece_id for piece in fresh)
        self._report(told, "acknowledged", [])
        if checked.faults:
            self._report(told, "rejected", sorted(checked.faults.items()))
        if fresh:
            self._report(told, "mailed", [(piece.piece_id, "") for piece in fresh])
        back = [piece for piece in fresh if self.returns.comes_back(piece)]
        if told["channel"] == "letter":
            wanted = letters_back - report.returned - len(back)
            back += [piece for piece in fresh if piece not in back][: max(0, wanted)]
        if back:
            self._report(told, "returned", [(piece.piece_id, "unknown_at_address") for piece in back])
        report.mailings += 1
        report.mailed += len(fresh)
        report.rejected += len(checked.faults)
        report.returned += len(back)

    def _report(self, told: dict[str, Any], status: str, pieces: list[tuple[str, str]]) -> None:
        if status == "rejected" and not pieces:
            return
        body = {
            "schema": STATUS,
            "vendor": told["vendor"],
            "mailing_id": told["mailing_id"],
            "status": status,
            "at": datetime.now(tz=UTC).isoformat(),
            "pieces": [{"piece_id": piece, "code": code} for piece, code in pieces],
        }
        queue = self.stack.outputs().queues["vendor_status"]
        self.stack.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))

    def _read(self, path: str) -> bytes:
        try:
            answer = self.stack.client("s3").get_object(Bucket=self.stack.outputs().lake_bucket, Key=path)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                raise KeyError(path) from None
            raise
        content: bytes = answer["Body"].read()
        return content
