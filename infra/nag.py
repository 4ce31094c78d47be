"""Which of cdk-nag's findings are accepted, and why. Any other finding makes synth fail.

The packs are AwsSolutions and Serverless. An accepted finding is named by the construct it is about, the rule, and for wildcards
in policies the resource; the reason is what a reviewer would ask for.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from aws_cdk import aws_iam as iam
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import IConstruct

from infra.data_stack import DataStack

APP_WIDE = {
    "AwsSolutions-L1": "Python 3.13 is the version the layers are made and tested for; a newer one is taken up on purpose.",
    "Serverless-LambdaLatestVersion": "As AwsSolutions-L1: the version is raised on purpose, together with the layers.",
    "Serverless-LambdaTracing": "Runs are followed by ids in structured logs; tracing would bill every run, and its SDK ends in 2027.",
    "AwsSolutions-SF2": "As Serverless-LambdaTracing; the execution history already shows every step with its times.",
    "Serverless-StepFunctionStateMachineXray": "As AwsSolutions-SF2.",
    "Serverless-LambdaDLQ": "Functions woken by queues have the queue's dead-letter queue, the scheduled one has the schedule's, "
    "and the others are called synchronously and answer with the error.",
    "Serverless-LambdaEventSourceMappingDestination": "The source is a queue: its redrive policy is the destination of what failed.",
    "Serverless-SQSRedrivePolicy": "This is itself a dead-letter queue; an alarm watches it.",
}
"""Accepted wherever they occur, by rule."""

AT = {
    "data/drops": {
        "AwsSolutions-S1": "Object-level access is recorded by CloudTrail where the account asks for it; a log bucket would hold "
        "file names of sources for longer than the files.",
    },
    "data/lake": {"AwsSolutions-S1": "As for the drops bucket; only this app's own roles can read the lake."},
    "data/hash_key": {
        "AwsSolutions-SMG4": "Every customer id and address hash is made with this key: a rotated key would make every customer a new one."
    },
    "data/users": {
        "AwsSolutions-COG8": "Threat protection of the plus plan is for public sign-up; here administrators invite people, who must use a second factor.",
    },
    "app/schedules/missed": {
        "AwsSolutions-SQS3": "This is the schedules' dead-letter queue; an alarm watches it."
    },
    "app/notices/alarms": {
        "Serverless-SNSRedrivePolicy": "The subscription is a person's e-mail; the alarm's state stays on the dashboard."
    },
    "app/api": {
        "AwsSolutions-APIG4": "Unsubscribing (RFC 8058), the API's description and the console's files are public; the unsubscribe token "
        "is signed, and every other route asks for a token of the user pool."
    },
    "app/cycle": {
        "AwsSolutions-IAM5[Resource::*]": "CloudWatch's log delivery actions, which Step Functions needs to write its log, know no resources."
    },
}
"""Accepted at one construct (path after the stage's name) and below it, by rule."""

LOCALLY_AT = {
    "data/users": {
        "AwsSolutions-COG2": "The one-machine stack knows made-up people only; on AWS a second factor is required."
    },
}
"""Accepted on the one-machine stack besides."""

UPLOADER = "Custom::CDKBucketDeployment"
"""The part of CDK that copies the console's files into their bucket at each deployment; its policy is CDK's own."""

ON_AWS_AT = {
    "app/site/files": {
        "AwsSolutions-S1": "It holds the console's files, which anybody may fetch; who fetches them is of no interest.",
    },
    "app/site/distribution": {
        "AwsSolutions-CFR1": "Customers and dealers live in several continents; who may do what is decided by sign-in, not by place.",
        "AwsSolutions-CFR2": "The API throttles by itself and asks for a token; a firewall is the account's choice.",
        "AwsSolutions-CFR3": "The API's access log records requests without paths; CloudFront's would hold customer ids.",
        "AwsSolutions-CFR4": "Without a domain of its own the distribution uses CloudFront's certificate; the API's origin is TLS only.",
    },
}
"""Accepted on AWS besides, where the console has an address of its own."""

LOCALLY = dict.fromkeys(
    ("AwsSolutions-S10", "AwsSolutions-SQS4", "AwsSolutions-SNS3"),
    "The one-machine stack listens on this machine's loopback only, without TLS; on AWS plain HTTP is refused.",
)
"""Accepted on the one-machine stack wherever they occur."""

WILDCARDS = {
    "s3": "Object keys are not known beforehand; the role is bound to the named prefix of one bucket.",
    "cloudwatch": "The alarms' names are given by this app; the role is bound to those that begin with its own prefix.",
    "secretsmanager": "A vendor's key is named in the rulebook; the role is bound to secrets that begin with this app's own prefix.",
    "states": "Executions are named when they start; the role is bound to those of the cycle's state machine.",
}
"""Accepted in the policies of roles: patterns below one named prefix, by service. A bare `*` is never among them."""


def check(app: App, data: DataStack, stack: Stack) -> None:
    """Check the app against both packs, with the findings above accepted."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    for rule, reason in (APP_WIDE | (LOCALLY if data.config.local else {})).items():
        _accept(app, rule, reason)
    stacks: dict[str, Stack] = {"data": data, "app": stack}
    besides = LOCALLY_AT if data.config.local else ON_AWS_AT
    for path, rules in [*AT.items(), *besides.items()]:
        where, _, below = path.partition("/")
        construct: IConstruct = stacks[where]
        for part in below.split("/"):
            construct = construct.node.find_child(part)
        for rule, reason in rules.items():
            _accept(construct, rule, reason)
    for construct in stack.node.find_all():
        if UPLOADER in construct.node.path:
            if isinstance(construct, iam.Policy):
                _accept_uploader(stack, construct)
        elif isinstance(construct, iam.Policy):
            for rule, reason in _wildcards(data, stack, construct):
                _accept(construct, rule, reason)


def _wildcards(data: DataStack, stack: Stack, policy: iam.Policy) -> Iterator[tuple[str, str]]:
    """Rules on patterns that end in a star, for policies whose service is known above."""
    for statement in policy.document.to_json()["Statement"]:
        resources = statement["Resource"]
        for resource in [resources] if isinstance(resources, str) else resources:
            if not resource.endswith("*") or resource == "*":
                continue
            name, service = _rendered(data, stack, resource)
            yield f"AwsSolutions-IAM5[Resource::{name}]", WILDCARDS[service]


def _rendered(data: DataStack, stack: Stack, resource: str) -> tuple[str, str]:
    """A resource as cdk-nag writes it, and the service it belongs to."""
    for bucket in (data.drops, data.lake):
        if resource.startswith(bucket.bucket_arn):
            exported = stack.resolve(data.export_value(bucket.bucket_arn))["Fn::ImportValue"]
            return exported + resource.removeprefix(bucket.bucket_arn), "s3"
    resolved = stack.resolve(resource)
    parts = [resolved] if isinstance(resolved, str) else resolved["Fn::Join"][1]
    name = _joined(parts)
    return name, name.replace("<AWS::Partition>", "aws").split(":")[2]


def _joined(parts: Sequence[str | dict[str, Any]]) -> str:
    """The parts of a name as cdk-nag writes them, with what is known at deployment in angle brackets."""
    return "".join(part if isinstance(part, str) else _unknown(part) for part in parts)


def _unknown(part: dict[str, Any]) -> str:
    if "Fn::Sub" in part:
        return str(part["Fn::Sub"]).replace("${", "<").replace("}", ">")
    return f"<{part['Ref']}>" if "Ref" in part else f"<{'.'.join(part['Fn::GetAtt'])}>"


def _accept_uploader(stack: Stack, policy: iam.Policy) -> None:
    """The wildcards of CDK's own uploader, each by its name, and the managed policy with which it writes its log."""
    reason = "CDK's uploader: it reads this app's assets and writes the console's bucket."
    managed = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    role = policy.node.scope
    assert role is not None  # noqa: S101 - tells the type
    _accept(role, f"AwsSolutions-IAM4[Policy::{managed}]", reason)
    for statement in policy.document.to_json()["Statement"]:
        resolved = stack.resolve([statement["Action"], statement["Resource"]])
        actions, resources = ([each] if not isinstance(each, list) else each for each in resolved)
        found = [f"Action::{action}" for action in actions if action.endswith("*")]
        for resource in resources:
            name = (
                resource
                if isinstance(resource, str)
                else _joined(resource.get("Fn::Join", ["", [resource]])[1])
            )
            if name.endswith("*"):
                found.append(f"Resource::{name}")
        for each in found:
            _accept(policy, f"AwsSolutions-IAM5[{each}]", reason)


def _accept(construct: IConstruct, rule: str, reason: str) -> None:
    pack = rule.partition("-")[0]
    Validations.of(construct).acknowledge(Acknowledgment(id=f"{pack}::{rule}", reason=reason))
