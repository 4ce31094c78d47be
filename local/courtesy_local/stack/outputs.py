"""The names that a deployment gave its resources, typed."""

import json
from dataclasses import dataclass

from courtesy_local.stack import places
from courtesy_local.stack.server import StackProblem


@dataclass(frozen=True)
class StackOutputs:
    """Names and addresses of the deployed resources."""

    drops_bucket: str
    lake_bucket: str
    timeline_table: str
    profiles_table: str
    identities_table: str
    rulebooks_table: str
    hash_key_secret: str
    user_pool_id: str
    user_pool_client_id: str
    api_url: str
    cycle_arn: str
    configuration_set: str
    queues: dict[str, str]
    """Queue URLs by the queue's name: drops, chunks, events, email, letter, postcard, vendor, vendor_status, feedback."""
    functions: dict[str, str]
    """Lambda names by the function's name."""
    sender: str = places.SENDER


def read_outputs() -> StackOutputs:
    """What the last deployment wrote down. Raises StackProblem where there was none."""
    try:
        stacks = json.loads(places.OUTPUTS.read_text())
    except FileNotFoundError:
        raise StackProblem("nothing is deployed on this machine. Run `courtesy up`.") from None
    all_of_them = {name: value for stack in stacks.values() for name, value in stack.items()}
    queues = {
        _snake(name.removesuffix("QueueUrl")): url
        for name, url in all_of_them.items()
        if name.endswith("QueueUrl")
    }
    functions = {
        _snake(name.removesuffix("FunctionName")): value
        for name, value in all_of_them.items()
        if name.endswith("FunctionName")
    }
    plain = {
        _snake(name): value
        for name, value in all_of_them.items()
        if not name.endswith(("QueueUrl", "FunctionName")) and not name.startswith("ExportsOutput")
    }
    try:
        return StackOutputs(queues=queues, functions=functions, **plain)
    except TypeError as error:
        raise StackProblem(
            f"the deployment's outputs do not fit this version ({error}). Run `courtesy up`."
        ) from None


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
