"""The cycle's state machine, as the states language says it."""

import json

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.parts.function import Function
from infra.parts.log import log_group
from infra.parts.notices import Notices

INLINE_PARTS = 40
"""An inline map runs this many branches at once; above it the map is distributed."""

HOURS = 6

_RETRY = [
    {
        "ErrorEquals": [
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
        ],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxAttempts": 6,
        "JitterStrategy": "FULL",
    },
    # Every step may be done again: it writes the same bytes to the same place.
    {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 2},
]
_SAME = ("cycle_id", "as_of", "parts", "part_numbers", "rulebook")

State = dict[str, object]


def definition(arns: dict[str, str], parts: int) -> dict[str, object]:
    """The state machine over the functions' ARNs.

    begin_cycle gets the caller's request (`as_of`, `cycle_id`, both optional) with `parts` and `execution` (this execution's name)
    added where the request does not say them. It answers with the cycle's description; every later step gets that, the parts' steps with `part` added, and only
    report_cycle's answer is the outcome.
    """
    order = [
        "begin_cycle",
        "snapshot_part",
        "score_population",
        "segment_part",
        "decide_part",
        "report_cycle",
    ]
    states = _request(parts, order[0])
    for name, following in zip(order, [*order[1:], None], strict=True):
        state = _for_each_part(name, arns[name], parts) if name.endswith("_part") else _task(arns[name])
        if name not in ("begin_cycle", "report_cycle"):
            state["ResultPath"] = None
        state.update({"Next": following} if following else {"End": True})
        states[name] = state
    return {
        "Comment": "Snapshot, score, segment, decide, report",
        "StartAt": "what the installation says",
        "TimeoutSeconds": HOURS * 3600,
        "States": states,
    }


def _request(parts: int, following: str) -> dict[str, State]:
    """States that lay the caller's request over what the installation says."""
    return {
        "what the installation says": {
            "Type": "Pass",
            "Parameters": {"installed": {"parts": parts, "execution.$": "$$.Execution.Name"}, "asked.$": "$"},
            "Next": "what the caller asks",
        },
        "what the caller asks": {
            "Type": "Pass",
            "Parameters": {"request.$": "States.JsonMerge($.installed, $.asked, false)"},
            "OutputPath": "$.request",
            "Next": following,
        },
    }


def _task(arn: str) -> State:
    return {"Type": "Task", "Resource": arn, "TimeoutSeconds": 900, "Retry": _RETRY}


def _for_each_part(name: str, arn: str, parts: int) -> State:
    distributed = parts > INLINE_PARTS
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"} if distributed else {"Mode": "INLINE"}
    return {
        "Type": "Map",
        "ItemsPath": "$.part_numbers",
        "ItemSelector": {f"{field}.$": f"$.{field}" for field in _SAME} | {"part.$": "$$.Map.Item.Value"},
        "MaxConcurrency": min(parts, 200),
        "ItemProcessor": {
            "ProcessorConfig": mode,
            "StartAt": f"{name} of one",
            "States": {f"{name} of one": _task(arn) | {"End": True}},
        },
    }


class Cycle(Construct):
    """The state machine over its functions, its own role and log."""

    def __init__(self, scope: Construct, functions: dict[str, Function], notices: Notices) -> None:
        super().__init__(scope, "cycle")
        config = notices.config
        log = log_group(self, f"/aws/vendedlogs/states/{config.prefix}-cycle")
        self.machine = sfn.StateMachine(
            self,
            "machine",
            state_machine_name=f"{config.prefix}-cycle",
            definition_body=sfn.DefinitionBody.from_string(
                json.dumps(
                    definition({n: f.function.function_arn for n, f in functions.items()}, config.parts)
                )
            ),
            logs=sfn.LogOptions(destination=log, level=sfn.LogLevel.ALL, include_execution_data=False),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.machine.add_to_role_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[each.function.function_arn for each in functions.values()],
            )
        )
        self.arn = self.machine.state_machine_arn
        if config.parts > INLINE_PARTS:
            self._allow_children()
        notices.alarm(
            "cycle-failed",
            self.machine.metric_failed(period=Duration.minutes(5)),
            "A cycle failed. Its execution shows the step; start the same cycle again, it does over only what is missing.",
        )
        notices.alarm(
            "cycle-timed-out",
            self.machine.metric_timed_out(period=Duration.minutes(5)),
            f"A cycle took more than {HOURS} hours and was stopped. Raise `parts`.",
        )

    def _allow_children(self) -> None:
        """A distributed map starts executions of its own machine. A policy apart, since the machine cannot name itself in its own role."""
        iam.Policy(
            self,
            "children",
            roles=[self.machine.role],
            statements=[iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.arn])],
        )
