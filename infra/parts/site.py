"""The console on AWS: its files in a bucket that only CloudFront reads, and one address for them and the API, so that the page
speaks to its own origin. On one machine the API's function hands the same files out with the same headers."""

import json
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra.parts.api import Api

CONSOLE = Path(__file__).resolve().parents[2] / "console"
NOT_SERVED = ["__init__.py", "__pycache__", "headers.json", "vendor/LIBRARIES.json"]
TO_THE_PAGE = """\
function handler(event) {
  var request = event.request;
  if (request.uri === '/console' || request.uri === '/console/') request.uri = '/console/index.html';
  return request;
}"""


class Site(Construct):
    """A distribution: `/console` from the bucket, everything else from the HTTP API."""

    def __init__(self, scope: Construct, api: Api, sign_in: dict[str, str], name: str) -> None:
        super().__init__(scope, "site")
        stack = Stack.of(self)
        self.bucket = s3.Bucket(
            self,
            "files",
            bucket_name=f"{name}-console-{stack.account}-{stack.region}",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        declared = json.loads((CONSOLE / "headers.json").read_text(encoding="utf-8"))
        files = origins.S3BucketOrigin.with_origin_access_control(self.bucket)
        rewrite = cloudfront.Function(
            self,
            "page",
            code=cloudfront.FunctionCode.from_inline(TO_THE_PAGE),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )

        def served(which: str, headers: dict[str, str]) -> cloudfront.BehaviorOptions:
            return cloudfront.BehaviorOptions(
                origin=files,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
                compress=True,
                response_headers_policy=self._headers(which, headers, sign_in["cognito"], name),
                function_associations=[
                    cloudfront.FunctionAssociation(
                        function=rewrite, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                    )
                ],
            )

        self.distribution = cloudfront.Distribution(
            self,
            "distribution",
            comment=f"{name}: console and API",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.HttpOrigin(
                    f"{api.http_api.api_id}.execute-api.{stack.region}.{stack.url_suffix}"
                ),
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            ),
            additional_behaviors={
                "/console/preview.html": served("preview", declared["preview.html"]),
                "/console*": served("console", declared["*"]),
            },
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        )
        deployment.BucketDeployment(
            self,
            "upload",
            destination_bucket=self.bucket,
            destination_key_prefix="console",
            sources=[
                deployment.Source.asset(str(CONSOLE), exclude=NOT_SERVED),
                deployment.Source.json_data("config.json", sign_in),
            ],
            cache_control=[
                deployment.CacheControl.max_age(Duration.minutes(5)),
                deployment.CacheControl.must_revalidate(),
            ],
        )
        self.url = f"https://{self.distribution.distribution_domain_name}/console"

    def _headers(
        self, which: str, headers: dict[str, str], cognito: str, name: str
    ) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self,
            f"{which}-headers",
            response_headers_policy_name=f"{name}-{which}",
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=header, value=value, override=True)
                    for header, value in headers.items()
                    if header not in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")
                ]
            )
            if len(headers) > 3
            else None,
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=headers["Content-Security-Policy"].replace(
                        "{cognito}", cognito.rstrip("/")
                    ),
                    override=True,
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=Duration.days(365), include_subdomains=False, override=True
                ),
            ),
        )
