"""One Lambda function: its own role and log group, its layers, its settings, and what wakes it."""

from collections.abc import Iterable, Mapping

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.bundling import artefacts
from infra.parts import layers as layer_parts
from infra.parts.layers import Layers
from infra.parts.log import log_group
from infra.parts.notices import Notices
from infra.parts.queue import WorkQueue

LOCAL_WORKERS = 2
"""Workers of one function at once on one machine: each has its own process, and the least that a mapping can be limited to."""


class Function(Construct):
    """A function named as its folder in `functions/`.

    settings: its environment, named as the fields of its settings model
    allow:    all that its role may do besides writing its own log and reading its own queues
    timeout:  seconds; memory: MB, which also buys the share of a processor; scratch: MB of local disk
    beside:   further folders of the project that go with its code
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        layers: Layers,
        notices: Notices,
        settings: Mapping[str, str],
        allow: Iterable[iam.PolicyStatement],
        timeout: int,
        memory: int,
        extra_layers: tuple[str, ...] = (),
        scratch: int = 512,
        beside: tuple[str, ...] = (),
    ) -> None:
        super().__init__(scope, name)
        self.name = name
        self.timeout = timeout
        config = notices.config
        self._local = config.local
        full_name = f"{config.prefix}-{name}"
        log = log_group(self, f"/aws/lambda/{full_name}")
        self.role = iam.Role(
            self,
            "role",
            description=f"What {full_name} may do",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log.log_group_arn]
            )
        )
        for statement in allow:
            self.role.add_to_policy(statement)
        folder = (
            artefacts.function(name, config.target, beside) if config.bundle else artefacts.ROOT / "functions"
        )
        self.function = lambda_.Function(
            self,
            "function",
            function_name=full_name,
            description=f"functions/{name}",
            runtime=layer_parts.runtime(config),
            architecture=layer_parts.architecture(config),
            code=layer_parts.code(folder, config),
            handler=f"functions.{name}.handler.handle",
            layers=layers.of(*extra_layers),
            role=self.role,
            log_group=log,
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            environment={**settings, **_POWERTOOLS, "POWERTOOLS_SERVICE_NAME": name},
            timeout=Duration.seconds(timeout),
            memory_size=memory,
            ephemeral_storage_size=Size.mebibytes(scratch),
        )
        notices.alarm(
            f"{name}-errors",
            self.function.metric_errors(period=Duration.minutes(5)),
            f"{name} ended with errors in three of the last periods of five minutes; its log says why.",
            above=0,
            periods=3,
        )

    def consume(self, queue: WorkQueue, *, batch: int, at_once: int, wait: int = 0) -> None:
        """Be woken by a queue's messages: up to `batch` of them, up to `at_once` workers, waiting up to `wait` seconds to fill a batch.

        Messages reported as failed come back; the others of their batch do not.
        """
        self.function.add_event_source(
            sources.SqsEventSource(
                queue.queue,
                batch_size=batch,
                max_concurrency=min(at_once, LOCAL_WORKERS) if self._local else at_once,
                max_batching_window=Duration.seconds(wait) if wait else None,
                report_batch_item_failures=True,
            )
        )


_POWERTOOLS = {"POWERTOOLS_METRICS_NAMESPACE": "Courtesy", "POWERTOOLS_LOG_LEVEL": "INFO"}
SET_FOR_POWERTOOLS = frozenset({*_POWERTOOLS, "POWERTOOLS_SERVICE_NAME"})
"""Variables that Powertools reads by itself, so no settings model names them."""
