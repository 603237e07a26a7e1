"""S3 storage whose connections share the data files of boto3."""

import functools
from typing import Any

import boto3
import botocore.session
from botocore.loaders import Loader, create_loader
from storages.backends.s3 import S3Storage


class SharedDataS3Storage(S3Storage):
    """S3 storage with one connection per thread, as boto3 requires.

    Each session of boto3 reads its own copy of the files that describe the service: 0.1 s of processor time and several
    megabytes per thread. These sessions share one copy.
    """

    def _create_session(self) -> Any:
        session = botocore.session.get_session()
        session.register_component("data_loader", _loader())
        return boto3.Session(
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            aws_session_token=self.security_token,
            botocore_session=session,
        )


@functools.cache
def _loader() -> Loader:
    return create_loader()
