"""The console's address on AWS: a private bucket behind CloudFront, with the headers that the local stack gives too."""

import json

import pytest

from infra.parts.site import CONSOLE
from tests.infra.conftest import Templates

pytestmark = pytest.mark.infra


def test_the_console_has_an_address_on_aws_and_none_of_its_own_on_one_machine(
    aws: Templates, local: Templates
) -> None:
    assert len(aws.of_type("AWS::CloudFront::Distribution")) == 1
    assert not local.of_type("AWS::CloudFront::Distribution")


def test_the_files_are_read_by_cloudfront_only(aws: Templates) -> None:
    (name,) = (key for key in aws.of_type("AWS::S3::Bucket") if key.startswith("sitefiles"))
    access = aws.app[name]["Properties"]["PublicAccessBlockConfiguration"]
    assert set(access.values()) == {True}
    policies = [p["Properties"] for p in aws.of_type("AWS::S3::BucketPolicy").values()]
    (mine,) = (p for p in policies if p["Bucket"] == {"Ref": name})
    allowed = [s for s in mine["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert {json.dumps(s["Principal"]) for s in allowed if "s3:GetObject" in s["Action"]} == {
        '{"Service": "cloudfront.amazonaws.com"}'
    }


def test_the_page_and_the_api_share_an_origin(aws: Templates) -> None:
    (distribution,) = aws.of_type("AWS::CloudFront::Distribution").values()
    config = distribution["Properties"]["DistributionConfig"]
    paths = [each["PathPattern"] for each in config["CacheBehaviors"]]
    assert paths == ["/console/preview.html", "/console*"], "the first that fits is taken"
    assert set(config["DefaultCacheBehavior"]["AllowedMethods"]) >= {"GET", "PUT", "POST", "DELETE"}


def test_the_rules_for_the_browser_are_those_of_the_console(aws: Templates) -> None:
    declared = json.loads((CONSOLE / "headers.json").read_text())["*"]["Content-Security-Policy"]
    policies = [
        p["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]["ContentSecurityPolicy"]
        for p in aws.of_type("AWS::CloudFront::ResponseHeadersPolicy").values()
    ]
    sent = [json.dumps(p["ContentSecurityPolicy"]) for p in policies]
    assert any(declared.split("connect-src")[0] in each for each in sent)
    assert not any("{cognito}" in each for each in sent)
