"""The stack on one machine, for commands and tests: bring it up, take it down, and speak to it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3

from courtesy_local.stack import deployment, places, server
from courtesy_local.stack.outputs import StackOutputs, read_outputs
from courtesy_local.stack.server import Server, StackProblem

if TYPE_CHECKING:  # half a second, which commands that only ask the HTTP API do without
    import boto3

Tell = Callable[[str], None]
PASSWORD = "One-machine-0nly!"  # noqa: S105 - of made-up people on the local stack
DEALER = "D001"
DIVISIONS = "cars motorcycles marine finance"
SOURCES = "crm_persons dealer_sales"
"""The outlet that the made-up dealer speaks for."""
BOUND = ("agent", "dealer")
"""Roles of which the made-up person has divisions to stay in; the others see the whole house."""
TOKEN_SERVES = 1800.0
"""Seconds after which a person signs in again; a token is good for an hour, and tests on a slow machine may take longer."""
STEPS = 5
"""How many times `up` tells what it is doing."""


@dataclass(frozen=True)
class Answer:
    """An answer of the HTTP API."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def refusal(self) -> str:
        """In words why the API did not do what it was asked; its status where it gave no reason."""
        try:
            told = json.loads(self.body)
            text = told.get("detail") or told["title"]
        except (ValueError, KeyError, AttributeError):
            return f"the API answered {self.status}: {self.body[:300].decode(errors='replace')}"
        return f"{text} (the API answered {self.status})"


class LocalStack:
    """The stack of this checkout. Making one starts nothing."""

    def __init__(self) -> None:
        self._http = urllib3.PoolManager(retries=False, timeout=60.0)
        self._tokens: dict[str, tuple[float, str]] = {}
        """Role -> when its token was taken, and the token."""

    def up(self, tell: Tell = lambda _: None) -> StackOutputs:
        """Start the server, deploy what changed, verify the sender, publish the rulebook. Doing it again does only what is missing.

        `tell` hears in a few words what begins. Raises StackProblem.
        """
        with self._alone():
            tell("start the local AWS stand-in")
            running = server.find()
            if running is not None and not running.answers():
                server.stop(running)
                running = None
            if running is None:
                running = server.start()
                self._forget()
            tell("prepare the account")
            self._prepare()
            tell("deploy the stacks")
            if not deployment.is_deployed(running):
                deployment.deploy(running)
                self._forget()
            tell("verify the sender")
            self._verify_sender()
            tell("publish the rulebook")
            self.publish_rulebook()
            return self.outputs()

    def down(self) -> bool:
        """Stop the server and all its workers; what it held is gone. False where none ran."""
        with self._alone():
            running = server.find()
            if running is not None:
                server.stop(running)
            for path in (places.DEPLOYED, places.OUTPUTS, places.SERVER_STATE):
                path.unlink(missing_ok=True)
        self._forget()
        return running is not None

    def is_up(self) -> bool:
        """Whether the server answers and holds a deployment."""
        running = server.find()
        return running is not None and running.answers() and places.OUTPUTS.exists()

    def is_current(self) -> bool:
        """Whether what is deployed is what the checkout holds."""
        running = server.find()
        return running is not None and deployment.is_deployed(running)

    def server(self) -> Server:
        """The running server. Raises StackProblem."""
        running = server.find()
        if running is None:
            raise StackProblem("the local stack is not up. Run `courtesy up`.")
        return running

    def outputs(self) -> StackOutputs:
        """The deployed resources' names. Raises StackProblem."""
        return read_outputs()

    def session(self) -> "boto3.session.Session":
        """A boto3 session of the local administrator; clients from `client` know the endpoint, those made from this do not."""
        import boto3

        return boto3.session.Session(
            aws_access_key_id=deployment.ADMIN["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=deployment.ADMIN["AWS_SECRET_ACCESS_KEY"],
            region_name=places.REGION,
        )

    def client(self, name: str) -> Any:
        """A boto3 client of the local administrator against the server; made once."""
        endpoint = self.server().endpoint
        key = f"{name} {endpoint}"
        if key not in self._clients:
            from botocore.config import Config

            config = Config(
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": "path"},
                read_timeout=960,
            )
            session: Any = self.session()  # its `client` is typed for literal names only
            self._clients[key] = session.client(name, endpoint_url=endpoint, config=config)
        return self._clients[key]

    def environment(self) -> dict[str, str]:
        """What a process of its own needs to reach the server as the local administrator."""
        return deployment.ADMIN | {"AWS_ENDPOINT_URL": self.server().endpoint}

    def http(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        role: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask the HTTP API. `body`: bytes as they are, else sent as JSON; `role`: sign in as a person of that role; None: nobody."""
        url = urlsplit(self.outputs().api_url)
        sent: dict[str, str] = {"Host": url.netloc, **(headers or {})}
        if role is not None:
            sent["Authorization"] = f"Bearer {self.token(role)}"
        content = body
        if body is not None and not isinstance(body, bytes):
            content = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        answer = self._http.request(method, f"{self.server().endpoint}{path}", body=content, headers=sent)  # type: ignore[arg-type]
        return Answer(answer.status, dict(answer.headers), answer.data)

    def token(self, role: str) -> str:
        """An id token of a made-up person with the role, who is created at first use; agents and dealers have `DIVISIONS`."""
        now = time.monotonic()
        taken, token = self._tokens.get(role, (now, ""))
        if not token or now - taken > TOKEN_SERVES:
            person = f"{role.replace('_', '-')}@courtesy.example"
            held = self._signed_in(person)
            if not held:
                self._make_person(role, person)
                held = self._signed_in(person)
            if not held:
                raise StackProblem(
                    f"the local server does not sign in the made-up {role}. Run `courtesy up`."
                )
            token = held
            self._tokens[role] = now, token
        return token

    def _signed_in(self, person: str) -> str:
        """Their id token, empty where there is no such person; asked without an SDK, which takes longer to load than to answer."""
        asked = {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": self.outputs().user_pool_client_id,
            "AuthParameters": {"USERNAME": person, "PASSWORD": PASSWORD},
        }
        answer = self._http.request(
            "POST",
            self.server().endpoint,
            body=json.dumps(asked).encode(),
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
            },
        )
        result = json.loads(answer.data).get("AuthenticationResult") if answer.status == 200 else None
        return str(result["IdToken"]) if result else ""

    def _make_person(self, role: str, person: str) -> None:
        cognito, pool = self.client("cognito-idp"), self.outputs().user_pool_id
        with suppress(cognito.exceptions.UsernameExistsException):
            cognito.admin_create_user(
                UserPoolId=pool,
                Username=person,
                MessageAction="SUPPRESS",
                TemporaryPassword=PASSWORD,
                UserAttributes=[
                    {"Name": "email", "Value": person},
                    {"Name": "email_verified", "Value": "true"},
                    {"Name": "custom:divisions", "Value": DIVISIONS if role in BOUND else ""},
                    {"Name": "custom:dealer", "Value": DEALER if role == "dealer" else ""},
                    {"Name": "custom:sources", "Value": SOURCES if role == "source" else ""},
                ],
            )
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=person, GroupName=role)
        cognito.admin_set_user_password(UserPoolId=pool, Username=person, Password=PASSWORD, Permanent=True)

    def sent_mail(self) -> list[dict[str, Any]]:
        """Every e-mail that SES took, oldest first, as the server shows it."""
        answer = self._http.request(
            "GET", f"{self.server().endpoint}/_ministack/ses/messages?account={places.ACCOUNT}"
        )
        shown: dict[str, Any] = json.loads(answer.data)
        messages = shown.get("messages", shown)
        if isinstance(messages, dict):
            messages = [message for each in messages.values() for message in each]
        return list(messages)

    def meter(self) -> dict[str, float]:
        """What the server was asked for so far, in the units that AWS bills: `server_meter`'s names -> units."""
        answer = self._http.request("GET", f"{self.server().endpoint}/_courtesy/meter")
        counted: dict[str, float] = json.loads(answer.data)
        return counted

    def queue_depths(self) -> dict[str, int]:
        """Messages waiting, hidden or put off, by the queue's name."""
        sqs = self.client("sqs")
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        depths = {}
        for name, url in self.outputs().queues.items():
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
            depths[name] = sum(int(value) for value in answer["Attributes"].values())
        return depths

    def dead_letters(self) -> dict[str, int]:
        """Messages that were given up, by the queue's name; only those above zero."""
        sqs = self.client("sqs")
        found = {}
        for name, url in self.outputs().queues.items():
            answer = sqs.get_queue_attributes(
                QueueUrl=f"{url}-dead", AttributeNames=["ApproximateNumberOfMessages"]
            )
            count = int(answer["Attributes"]["ApproximateNumberOfMessages"])
            if count:
                found[name] = count
        return found

    def invoke(self, function: str, event: object) -> Any:
        """Call a function by its name in `functions/` and return its answer. Raises StackProblem with the function's error."""
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs().functions[function], Payload=json.dumps(event).encode()
        )
        payload = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise StackProblem(f"{function} ended with an error: {json.dumps(payload)[:2000]}")
        return payload

    def publish_rulebook(self, folder: Path | None = None) -> int:
        """Publish the rulebook folder as the next version unless the one in force says the same; the version in force."""
        # Here and not above: `down` and `status` need not load the compilers of messages.
        from courtesy_local.stack.publishing import publish

        return publish(self, folder or places.CHECKOUT / "rulebook", datetime.now(UTC))

    def standing(self) -> dict[str, Any]:
        """What `courtesy status` shows."""
        running = server.find()
        if running is None or not running.answers():
            return {"up": False}
        shown: dict[str, Any] = {
            "up": True,
            "current": self.is_current(),
            "endpoint": running.endpoint,
            "pid": running.pid,
        }
        if places.OUTPUTS.exists():
            shown |= {
                "outputs": asdict(self.outputs()),
                "waiting": self.queue_depths(),
                "given_up": self.dead_letters(),
            }
        return shown

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def _forget(self) -> None:
        self._clients.clear()
        self._tokens.clear()

    def _prepare(self) -> None:
        """What `cdk bootstrap` does on AWS: a bucket for the assets."""
        from botocore.exceptions import ClientError

        s3 = self.client("s3")
        try:
            s3.head_bucket(Bucket=places.ASSETS_BUCKET)
        except ClientError:
            s3.create_bucket(
                Bucket=places.ASSETS_BUCKET, CreateBucketConfiguration={"LocationConstraint": places.REGION}
            )

    def _verify_sender(self) -> None:
        ses = self.client("sesv2")
        for identity in (places.SENDER, places.SENDER.rpartition("@")[2]):
            try:
                ses.create_email_identity(EmailIdentity=identity)
            except ses.exceptions.AlreadyExistsException:
                continue

    def _alone(self) -> AbstractContextManager[None]:
        """One `up` or `down` at a time in a checkout."""
        return held("lock")


@contextmanager
def held(name: str, waits: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold one of the locks of this checkout's stack; `waits` is called once when somebody else holds it."""
    import fcntl

    places.STATE.mkdir(parents=True, exist_ok=True)
    with (places.STATE / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
