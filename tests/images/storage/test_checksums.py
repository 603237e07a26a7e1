"""Some S3 servers refuse the checksums that boto3 adds to uploads by default."""

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.images.conftest import BUCKET, s3_endpoint


@pytest.mark.parametrize(("server", "code"), [("strict s3", "NotImplemented"), ("rclone s3", "MissingContentLength")])
def test_an_upload_with_the_default_checksum_is_refused(
    server: str, code: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = s3_endpoint(server, request, monkeypatch)
    with pytest.raises(ClientError, match=code):
        boto3.client("s3", endpoint_url=url, region_name="us-east-1").put_object(Bucket=BUCKET, Key="a", Body=b"x")
