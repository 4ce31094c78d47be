"""What must outlive every deployment: buckets, tables, the key of keyed hashes, and the people who may sign in."""

from typing import Any

from aws_cdk import ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config import Config

DUE_INDEX = "due"
ROLES = ("marketer", "approver", "agent", "dealer", "privacy_officer", "engineer", "source")

KEPT_DAYS = {"staged/": 45, "quarantine/": 365}
"""What intake keeps below these prefixes of the lake, in days: longer than a message lives in its queue and the dead-letter queue after
it, and long enough to mend a row. Cycles' files go by the rulebook's `retention.analytics`."""

_TEXT = dynamodb.AttributeType.STRING


class DataStack(Stack):
    """The stores. The app stack refers to it, never the other way round."""

    def __init__(self, scope: Construct, config: Config, **options: Any) -> None:
        super().__init__(scope, f"{config.prefix}-data", **options)
        self.config = config
        self._removal = RemovalPolicy.RETAIN if config.keep else RemovalPolicy.DESTROY

        self.drops = self._bucket("drops", expire_after=Duration.days(90))
        self.lake = self._bucket("lake")
        for prefix, days in KEPT_DAYS.items():
            self.lake.add_lifecycle_rule(
                prefix=prefix,
                expiration=Duration.days(days),
                noncurrent_version_expiration=Duration.days(7),
            )
        if config.inbound_domain:
            self._take_mail()
        # The L1 property: the L2 one would add a custom resource with a function of its own.
        cfn_drops = self.drops.node.default_child
        assert isinstance(cfn_drops, s3.CfnBucket)  # noqa: S101 - tells the type
        cfn_drops.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )

        self.timeline = self._table("timeline", "customer_id", "event_key")
        self.timeline.add_global_secondary_index(
            index_name=DUE_INDEX,
            partition_key=dynamodb.Attribute(name="due_shard", type=_TEXT),
            sort_key=dynamodb.Attribute(name="due_at", type=_TEXT),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        self.profiles = self._table("profiles", "customer_id")
        self.identities = self._table("identities", "entry", "member")
        self.rulebooks = self._table("rulebooks", "kind", "name")
        self.answers = self._table("answers", "caller_key", expires="expires")

        self.hash_key = secretsmanager.Secret(
            self,
            "hash_key",
            secret_name=f"{config.prefix}-hash-key",
            description="Key of all keyed hashes (customer ids, address hashes, holdouts). Never changes while customers exist.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
            removal_policy=self._removal,
        )
        self._people()
        for name, value in self.names().items():
            CfnOutput(self, f"Out{name}", key=name, value=value)

    def names(self) -> dict[str, str]:
        """The names that people and tools outside need."""
        return {
            "DropsBucket": self.drops.bucket_name,
            "LakeBucket": self.lake.bucket_name,
            "TimelineTable": self.timeline.table_name,
            "ProfilesTable": self.profiles.table_name,
            "IdentitiesTable": self.identities.table_name,
            "RulebooksTable": self.rulebooks.table_name,
            "HashKeySecret": self.hash_key_name,
            "UserPoolId": self.users.user_pool_id,
            "UserPoolClientId": self.user_client.user_pool_client_id,
        }

    @property
    def hash_key_name(self) -> str:
        """The secret's name, as functions ask for it."""
        return f"{self.config.prefix}-hash-key"

    @property
    def hash_key_arn(self) -> str:
        """The secret's ARN as policies name it. Secrets Manager ends it with six characters of its own; made of the name, not by
        reference, since MiniStack's reference to a secret is the name."""
        return self.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{self.hash_key_name}-??????",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    @property
    def vendor_keys_arn(self) -> str:
        """The secrets with the keys of print vendors' accounts; made by hand, since they come from the vendors."""
        return self.format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{self.config.prefix}-vendor-*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _bucket(self, name: str, expire_after: Duration | None = None) -> s3.Bucket:
        return s3.Bucket(
            self,
            name,
            bucket_name=f"{self.config.prefix}-{name}-{self.account}-{self.region}",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=self.config.tls_only,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=expire_after,
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(2),
                )
            ],
            removal_policy=self._removal,
        )

    def _take_mail(self) -> None:
        """Let SES keep received mail below `inbound/` in the lake, for a month."""
        self.lake.add_lifecycle_rule(
            prefix="inbound/",
            expiration=Duration.days(30),
            noncurrent_version_expiration=Duration.days(1),
        )
        self.lake.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("ses.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[self.lake.arn_for_objects("inbound/*")],
                conditions={"StringEquals": {"AWS:SourceAccount": self.account}},
            )
        )

    def _table(
        self, name: str, partition_key: str, sort_key: str | None = None, expires: str | None = None
    ) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name,
            table_name=f"{self.config.prefix}-{name}",
            partition_key=dynamodb.Attribute(name=partition_key, type=_TEXT),
            sort_key=dynamodb.Attribute(name=sort_key, type=_TEXT) if sort_key else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=expires,
            deletion_protection=self.config.keep,
            removal_policy=self._removal,
        )

    def _people(self) -> None:
        self.users = cognito.UserPool(
            self,
            "users",
            user_pool_name=f"{self.config.prefix}-users",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            sign_in_case_sensitive=False,
            custom_attributes={
                "divisions": cognito.StringAttribute(mutable=True, max_len=256),
                "dealer": cognito.StringAttribute(mutable=True, max_len=256),
                "sources": cognito.StringAttribute(mutable=True, max_len=512),
            },
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
            ),
            mfa=cognito.Mfa.OPTIONAL if self.config.local else cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(sms=False, otp=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=self.config.keep,
            removal_policy=self._removal,
        )
        # A caller must not choose their own divisions and dealers: the client may read them, only an administrator writes them.
        self.user_client = self.users.add_client(
            "console",
            auth_flows=cognito.AuthFlow(
                user_password=True, user_srp=True, admin_user_password=self.config.local
            ),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            read_attributes=cognito.ClientAttributes()
            .with_standard_attributes(email=True)
            .with_custom_attributes("divisions", "dealer"),
            write_attributes=cognito.ClientAttributes().with_standard_attributes(email=True),
        )
        for role in ROLES:
            self.users.add_group(role, group_name=role)
