"""Secrets Manager: the key of all keyed hashes, read once per process, and the keys of vendors' accounts."""

from functools import cache

from botocore.exceptions import BotoCoreError, ClientError

from courtesy.errors import NotFound, OutsideFailed
from courtesy_aws.session import client

SHORTEST = 16


@cache
def hash_key(secret_name: str) -> bytes:
    """The secret's string as bytes. Raises NotFound, OutsideFailed; a key under 16 bytes is refused as no key at all.

    The key never changes while customers exist: every customer_id and address hash is made with it.
    """
    key = secret_text(secret_name).encode()
    if len(key) < SHORTEST:
        raise OutsideFailed(f"secret {secret_name!r} has {len(key)} bytes; a key needs at least {SHORTEST}")
    return key


def secret_text(secret_name: str) -> str:
    """The secret's string as it stands now. Raises NotFound, OutsideFailed."""
    try:
        answer = client("secretsmanager").get_secret_value(SecretId=secret_name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise NotFound(
                f"secret {secret_name!r}: there is none; deploy the data stack, or make the vendor's secret"
            ) from error
        raise OutsideFailed(f"secret {secret_name!r}: {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise OutsideFailed(f"secret {secret_name!r}: {type(error).__name__}") from error
    return str(answer["SecretString"]).strip()
