"""The S3 server of rclone, over TLS as a deployment uses it.

Over TLS, boto3 by default sends uploads in chunks with a checksum at the end, and this server refuses them.
"""

import re
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import trustme

from tests.concurrency import eventually

PROGRAM: Final = Path(sys.executable).with_name("rclone")
STARTED: Final = re.compile(r"Starting s3 server on \[(https://[^/]+)/\]")


class RcloneS3:
    """A server on 127.0.0.1 with the folders of a folder as its buckets, while the context is open."""

    def __init__(self, folder: Path, *, bucket: str, key: str, secret: str) -> None:
        self.certificates = folder / "authority.pem"
        self.url = ""
        self._folder = folder
        self._buckets = folder / "buckets"
        (self._buckets / bucket).mkdir(parents=True)
        self._key_pair = f"{key},{secret}"

    def __enter__(self) -> Self:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.certificates)
        certificate, log = self._folder / "server.pem", self._folder / "log"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        log.touch()
        options = ["--addr=127.0.0.1:0", f"--auth-key={self._key_pair}", f"--log-file={log}"]
        options += [f"--cert={certificate}", f"--key={certificate}"]
        # Otherwise rclone reads the user's configuration.
        options.append("--config=")
        command: list[str | Path] = [PROGRAM, "serve", "s3", self._buckets, *options]
        self._process = subprocess.Popen(command)
        try:
            self.url = eventually(lambda: STARTED.search(log.read_text()))[1]
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        self._process.wait()
