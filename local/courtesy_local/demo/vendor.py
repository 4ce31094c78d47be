"""A stand-in print vendor: takes announced mailings, checks them as a printer would, and reports acknowledged, mailed, returned."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from courtesy_local.stack.local_stack import LocalStack

STATUS = "courtesy.status.v1"
POINTS = 72.0
"""PDF points per inch."""


@dataclass
class Done:
    """What one call of `work` did; pieces, but for `mailings`."""

    mailings: int = 0
    mailed: int = 0
    rejected: int = 0
    returned: int = 0


class PrintVendor:
    """Works off the vendor's queue. `returns`: the first letter mailed comes back, once in the vendor's life."""

    def __init__(self, stack: LocalStack) -> None:
        self._sqs, self._s3 = stack.client("sqs"), stack.client("s3")
        outputs = stack.outputs()
        self._announced, self._status = outputs.queues["vendor"], outputs.queues["vendor_status"]
        self._lake = outputs.lake_bucket

    def work(self, letters_back: int = 1) -> Done:
        """Take every mailing that is announced now; the first `letters_back` letters come back undeliverable."""
        done = Done()
        while True:
            answer = self._sqs.receive_message(QueueUrl=self._announced, MaxNumberOfMessages=10)
            messages = answer.get("Messages", [])
            if not messages:
                return done
            for message in messages:
                back = letters_back - done.returned
                self._mailing(json.loads(message["Body"]), done, back)
                self._sqs.delete_message(QueueUrl=self._announced, ReceiptHandle=message["ReceiptHandle"])

    def _mailing(self, told: dict[str, Any], done: Done, letters_back: int) -> None:
        """Check one mailing and report on it; the same mailing announced twice is printed once."""
        listed = self._get(told["folder"] + told["manifest"])
        pieces = [orjson.loads(line) for line in listed.splitlines()]
        if hashlib.sha256(listed).hexdigest() != told["manifest_sha256"] or len(pieces) != told["pieces"]:
            self._report(told, "rejected", [(piece["piece_id"], "manifest") for piece in pieces])
            done.rejected += len(pieces)
            return
        self._report(told, "acknowledged", [])
        wrong = {piece["piece_id"]: why for piece in pieces if (why := self._fault(told, piece))}
        good = [piece["piece_id"] for piece in pieces if piece["piece_id"] not in wrong]
        if wrong:
            self._report(told, "rejected", sorted(wrong.items()))
        if good:
            self._report(told, "mailed", [(piece, "") for piece in good])
        back = good[: max(0, letters_back)] if told["channel"] == "letter" else []
        if back:
            self._report(told, "returned", [(piece, "unknown_at_address") for piece in back])
        done.mailings += 1
        done.mailed += len(good)
        done.rejected += len(wrong)
        done.returned += len(back)

    def _fault(self, told: dict[str, Any], piece: dict[str, Any]) -> str:
        """Why a piece cannot be printed, in one word; empty where it can."""
        content = self._get(told["folder"] + piece["file"])
        if hashlib.sha256(content).hexdigest() != piece["sha256"]:
            return "checksum"
        if not content.startswith(b"%PDF-"):
            return "artwork"
        if not piece["name"] and not piece["company"]:
            return "addressee"
        wanted = (told["file_width_in"] * POINTS, told["file_height_in"] * POINTS)
        box = page_size(content)
        if box is not None and any(abs(a - b) > 1 for a, b in zip(box, wanted, strict=True)):
            return "size"
        return ""

    def _report(self, told: dict[str, Any], status: str, pieces: list[tuple[str, str]]) -> None:
        body = {
            "schema": STATUS,
            "vendor": told["vendor"],
            "mailing_id": told["mailing_id"],
            "status": status,
            "at": datetime.now(tz=UTC).isoformat(),
            "pieces": [{"piece_id": piece, "code": code} for piece, code in pieces],
        }
        self._sqs.send_message(QueueUrl=self._status, MessageBody=json.dumps(body))

    def _get(self, key: str) -> bytes:
        content: bytes = self._s3.get_object(Bucket=self._lake, Key=key)["Body"].read()
        return content


def page_size(pdf: bytes) -> tuple[float, float] | None:
    """Width and height of the first page in points; None where the page tree is packed away."""
    at = pdf.find(b"/MediaBox")
    if at < 0:
        return None
    numbers = pdf[pdf.index(b"[", at) + 1 : pdf.index(b"]", at)].split()
    left, bottom, right, top = (float(number) for number in numbers)
    return right - left, top - bottom
