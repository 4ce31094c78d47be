"""The HTTP API: a token of the user pool for everything except unsubscribing, the API's description and the console's files.

Each route that the API declares is a route of the gateway too, with its own rate; so the access log names it without its ids. What is
no route falls to `ANY /{proxy+}`, where the function says so.
"""

from collections.abc import Iterator

from aws_cdk import aws_apigatewayv2 as apigw
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from functions.serve_api.rates import RATES, REST, Rate
from functions.serve_api.routes.index import LINES
from infra.parts.function import Function
from infra.parts.log import log_group
from infra.parts.notices import Notices

PREFIX = "/console/"
"""Files below it are no routes of their own: they are fetched from CloudFront, on one machine from the function."""


class Api(Construct):
    """The HTTP API, made before the function that answers it, so that functions can be told its address."""

    def __init__(self, scope: Construct, notices: Notices) -> None:
        super().__init__(scope, "api")
        prefix = notices.config.prefix
        log = log_group(self, f"/aws/vendedlogs/api/{prefix}")
        self.http_api = apigw.HttpApi(self, "api", api_name=f"{prefix}-api", create_default_stage=False)
        self.stage = apigw.HttpStage(
            self,
            "stage",
            http_api=self.http_api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigw.ThrottleSettings(rate_limit=REST.a_second, burst_limit=REST.burst),
        )
        stage = self.stage.node.default_child
        assert isinstance(stage, apigw.CfnStage)  # noqa: S101 - tells the type
        stage.route_settings = {
            f"{method} {path}": {"ThrottlingRateLimit": rate.a_second, "ThrottlingBurstLimit": rate.burst}
            for method, path, rate, _ in _routes()
            if rate != REST
        }
        self._stage = stage
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
            destination_arn=log.log_group_arn,
            format="{" + ",".join(f'"{name}":"$context.{name}"' for name in fields) + "}",
        )
        self.url = self.http_api.api_endpoint

    def answer_with(
        self, function: Function, users: cognito.IUserPool, client: cognito.IUserPoolClient
    ) -> None:
        """Route everything to the function, with a token of the user pool except for what is public."""
        integration = integrations.HttpLambdaIntegration(
            "function", function.function, scope_permission_to_route=False
        )
        authorizer = authorizers.HttpUserPoolAuthorizer("token", users, user_pool_clients=[client])
        nobody = apigw.HttpNoneAuthorizer()
        made = self.http_api.add_routes(
            path="/{proxy+}", methods=[apigw.HttpMethod.ANY], integration=integration, authorizer=authorizer
        )
        for method, path, _, public in _routes():
            made += self.http_api.add_routes(
                path=path,
                methods=[apigw.HttpMethod[method]],
                integration=integration,
                authorizer=nobody if public else authorizer,
            )
        for route in made:  # settings can be given only to routes that there are
            resource = route.node.default_child
            assert isinstance(resource, apigw.CfnRoute)  # noqa: S101 - tells the type
            self._stage.add_resource_dependency(resource)


def _routes() -> Iterator[tuple[str, str, Rate, bool]]:
    """Method, path, rate of each route of the gateway, and whether it is public."""
    yield "GET", f"{PREFIX}{{proxy+}}", RATES["page"], True
    for method, rule, _, kind, public in LINES:
        if not rule.startswith(PREFIX):
            yield method, rule.replace("<", "{").replace(">", "}"), RATES[kind], public
