"""Takes from an installed layer what no function reads, so that it loads faster and fits Lambda's limit."""

import shutil
from pathlib import Path

SERVICES = frozenset(
    {
        "cloudwatch",
        "dynamodb",
        "pinpoint-sms-voice-v2",
        "s3",
        "secretsmanager",
        "sesv2",
        "sqs",
        "sts",
        "stepfunctions",
    }
)
"""The AWS services that the adapters call; the descriptions of all others are left out."""

_UNREAD = (
    "bin",
    "boto3/examples",
    "phonenumbers/geodata",
    "phonenumbers/carrierdata",
)


def prune(site: Path) -> None:
    """Remove from a site folder: other services' descriptions, geographic names of numbers, stubs, scripts, install records."""
    for name in _UNREAD:
        shutil.rmtree(site / name, ignore_errors=True)
    for library in ("botocore", "boto3"):
        for folder in (site / library / "data").glob("*/"):
            if folder.is_dir() and folder.name not in SERVICES:
                shutil.rmtree(folder)
    for pattern in ("*.pyi", "*.dist-info/RECORD", "*.dist-info/direct_url.json", ".lock"):
        for path in site.rglob(pattern):
            path.unlink()
