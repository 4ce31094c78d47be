"""The HTTP API: a token of the user pool for everything except unsubscribing, the API's description and the console's files."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigw
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.parts.function import Function
from infra.parts.notices import Notices

GET, POST, ANY = apigw.HttpMethod.GET, apigw.HttpMethod.POST, apigw.HttpMethod.ANY
PUBLIC = (
    ("/u/{proxy+}", (GET, POST)),
    ("/openapi.json", (GET,)),
    ("/console", (GET,)),
    ("/console/{proxy+}", (GET,)),
)


class Api(Construct):
    """The HTTP API, made before the function that answers it, so that functions can be told its address."""

    def __init__(self, scope: Construct, notices: Notices) -> None:
        super().__init__(scope, "api")
        prefix = notices.config.prefix
        log_group = logs.LogGroup(
            self,
            "log",
            log_group_name=f"/aws/vendedlogs/api/{prefix}",
            retention=logs.RetentionDays.THREE_MONTHS,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.http_api = apigw.HttpApi(self, "api", api_name=f"{prefix}-api", create_default_stage=False)
        self.stage = apigw.HttpStage(
            self,
            "stage",
            http_api=self.http_api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigw.ThrottleSettings(rate_limit=100, burst_limit=200),
        )
        stage = self.stage.node.default_child
        assert isinstance(stage, apigw.CfnStage)  # noqa: S101 - tells the type
        # The path is left out: it carries customer ids and unsubscribe tokens.
        fields = (
            "requestId",
            "requestTime",
            "httpMethod",
            "routeKey",
            "status",
            "responseLength",
            "integrationErrorMessage",
        )
        stage.access_log_settings = apigw.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn,
            format="{" + ",".join(f'"{name}":"$context.{name}"' for name in fields) + "}",
        )
        self.url = self.http_api.api_endpoint

    def answer_with(
        self, function: Function, users: cognito.IUserPool, client: cognito.IUserPoolClient
    ) -> None:
        """Route everything to the function, with a token of the user pool except for what is public."""
        integration = integrations.HttpLambdaIntegration("function", function.function)
        authorizer = authorizers.HttpUserPoolAuthorizer("token", users, user_pool_clients=[client])
        self.http_api.add_routes(
            path="/{proxy+}", methods=[ANY], integration=integration, authorizer=authorizer
        )
        for path, methods in PUBLIC:
            self.http_api.add_routes(
                path=path,
                methods=list(methods),
                integration=integration,
                authorizer=apigw.HttpNoneAuthorizer(),
            )
