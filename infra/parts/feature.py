"""How a feature says what its function needs, and the house that gives it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from infra.config import Config
from infra.data_stack import DataStack
from infra.parts.api import Api
from infra.parts.cycle import Cycle
from infra.parts.function import Function
from infra.parts.layers import Layers
from infra.parts.mail import Mail
from infra.parts.notices import Notices
from infra.parts.queue import WorkQueue
from infra.parts.texts import Texts


@dataclass(frozen=True)
class Consume:
    """How a function takes from a queue: messages per call, workers at once, seconds to wait for a fuller batch."""

    batch: int
    at_once: int
    wait: int = 0


@dataclass
class House:
    """All that a feature may refer to."""

    scope: Stack
    config: Config
    data: DataStack
    layers: Layers
    notices: Notices
    queues: dict[str, WorkQueue]
    mail: Mail
    texts: Texts
    api: Api
    cycle: Cycle | None = None

    def setting(self, name: str) -> str:
        """The value of a setting, by the name of its field in settings models."""
        return self._settings()[name]()

    @property
    def executions_arn(self) -> str:
        """The executions of the cycle's state machine."""
        return self.scope.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{self.config.prefix}-cycle:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    @property
    def alarms_arn(self) -> str:
        """The alarms of the account in this region: CloudWatch lists them by prefix, so no narrower one is taken."""
        return self.scope.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name="*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _settings(self) -> Mapping[str, Callable[[], str]]:
        data, config = self.data, self.config
        region = self.scope.region
        values: dict[str, Callable[[], str]] = {
            "stage": lambda: config.stage,
            "prefix": lambda: config.prefix,
            "watched_queue_urls": lambda: ",".join(q.queue.queue_url for q in self.queues.values()),
            "timeline_table": lambda: data.timeline.table_name,
            "profiles_table": lambda: data.profiles.table_name,
            "identities_table": lambda: data.identities.table_name,
            "rulebooks_table": lambda: data.rulebooks.table_name,
            "answers_table": lambda: data.answers.table_name,
            "drops_bucket": lambda: data.drops.bucket_name,
            "lake_bucket": lambda: data.lake.bucket_name,
            "hash_key_secret": lambda: data.hash_key_name,
            "cycle_arn": self._cycle_arn,
            "configuration_set": lambda: self.mail.configuration_set,
            "division_sets": lambda: ",".join(
                f"{name}={one}" for name, one in self.mail.division_sets.items()
            ),
            "inbound_domain": lambda: config.inbound_domain or "",
            "text_configuration_set": lambda: self.texts.configuration_set,
            "text_origination": lambda: self.texts.origination,
            "sender": lambda: config.sender,
            "public_url": lambda: self.api.url,
            "vendor": lambda: config.vendor,
            "parts": lambda: str(config.parts),
            "user_pool_client_id": lambda: data.user_client.user_pool_client_id,
            "cognito_url": lambda: f"{config.endpoint or f'https://cognito-idp.{region}.amazonaws.com'}/",
        }
        for name, queue in self.queues.items():
            values[f"{name}_queue_url"] = lambda url=queue.queue.queue_url: url  # type: ignore[misc]
        return values

    def _cycle_arn(self) -> str:
        if self.cycle is None:
            raise LookupError(
                "a function of the cycle cannot be told the cycle's ARN: they would need each other"
            )
        return self.cycle.arn


@dataclass(frozen=True)
class Feature:
    """One function: `name` is that of its folder in `functions/`, of its module in `infra/features/` and of its tests.

    settings: fields of its settings model; allow: what its role may do; consumes: queues that wake it
    timeout: seconds; memory, scratch: MB; layers: besides those every function has; beside: folders that go with its code
    """

    name: str
    settings: Sequence[str]
    allow: Callable[[House], Sequence[iam.PolicyStatement]]
    timeout: int
    memory: int
    consumes: Mapping[str, Consume] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    scratch: int = 512
    beside: tuple[str, ...] = ()

    def add(self, house: House) -> Function:
        """Make the function in the house."""
        function = Function(
            house.scope,
            self.name,
            layers=house.layers,
            notices=house.notices,
            settings={name.upper(): house.setting(name) for name in self.settings},
            allow=self.allow(house),
            timeout=self.timeout,
            memory=self.memory,
            extra_layers=self.layers,
            scratch=self.scratch,
            beside=self.beside,
        )
        for name, how in self.consumes.items():
            function.consume(house.queues[name], batch=how.batch, at_once=how.at_once, wait=how.wait)
        return function
