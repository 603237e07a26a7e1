"""A local deployment: web and worker processes, an S3 server, and nginx with the configuration in deploy/nginx."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import boto3
import httpx2
from django.conf import settings
from moto.server import ThreadedMotoServer

from development.launcher import free_port, is_taken
from tests.concurrency import eventually
from tests.faults.processes import CHECKOUT, END_SECONDS, database_url

NGINX: Final = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CONFIGURATION: Final = CHECKOUT / "deploy/nginx"
BUCKET: Final = "get-images"
COUNT: Final = 3
RATE_LIMIT_PER_MINUTE: Final = 30
# The part of nginx.conf that belongs to the machine; the site's part is included from deploy/.
NGINX_CONF: Final = """
daemon off;{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 2;
events {{ worker_connections 1000; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/http.conf;
    include {folder}/upstream.conf;
    server {{
        listen 127.0.0.1:{port};
        add_header X-Answered-By $upstream_addr always;
        include {folder}/site.conf;
    }}
}}
"""


class Process:
    """A process that ends with the test, and its log."""

    last_signal = signal.SIGKILL
    inherited_fds: tuple[int, ...] = ()

    def __init__(self, name: str, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.log = folder / f"{name}.log"
        self._command, self._environment = command, environment
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end(self.last_signal)

    def start(self, **variables: str) -> None:
        """Start the process, or start it again, from now on with these variables."""
        self._environment = {**self._environment, **variables}
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command,
                cwd=CHECKOUT,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=self.inherited_fds,
            )

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS)

    @property
    def log_text(self) -> str:
        return self.log.read_text()


class Web(Process):
    """A web process as in deploy/systemd: connections wait in the socket's queue while the process is replaced."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.inherited_fds = (self.socket.fileno(),)
        self.port: int = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        uvicorn = ["uvicorn", "config.asgi:application", "--fd", str(self.socket.fileno())]
        options = ["--no-access-log", "--no-proxy-headers", "--timeout-graceful-shutdown", "30"]
        super().__init__(name, [sys.executable, "-m", *uvicorn, *options], folder, environment)

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self.socket.close()

    def is_ready(self) -> bool:
        """Return whether the process responds."""
        assert self.process.poll() is None, self.log_text
        try:
            return httpx2.get(f"{self.url}/api/mcp").status_code == 401
        except httpx2.TransportError:
            return False


class Proxy(Process):
    """nginx. SIGKILL would leave its worker processes behind."""

    last_signal = signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Site:
    """The deployment: nginx's address, and the processes behind it."""

    url: str
    folder: Path
    webs: list[Web]
    workers: list[Process]
    s3_url: str

    @property
    def access_log(self) -> str:
        return (self.folder / "access.log").read_text()

    def stored(self, name: str) -> bytes:
        """Return the object with this name in the bucket."""
        content: bytes = client(self.s3_url).get_object(Bucket=BUCKET, Key=f"pictures/{name}")["Body"].read()
        return content


def client(s3_url: str) -> Any:
    """Return a client of the S3 server."""
    secrets = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests"}
    return boto3.client("s3", endpoint_url=s3_url, region_name="us-east-1", **secrets)


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Run a deployment on the test's database while the block lasts, which starts when all processes respond."""
    with ExitStack() as running:
        s3_url = running.enter_context(_s3())
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = _environment(url, s3_url)
        worker = [sys.executable, "manage.py", "worker"]
        workers = [
            running.enter_context(Process(f"worker-{number}", worker, folder, environment)) for number in range(COUNT)
        ]
        webs = [running.enter_context(Web(f"web-{number}", folder, environment)) for number in range(COUNT)]
        nginx = [str(NGINX), "-c", str(configuration(folder, port, webs))]
        running.enter_context(Proxy("nginx", nginx, folder, {}))
        eventually(lambda: all(web.is_ready() for web in webs) and is_taken(port))
        yield Site(url, folder, webs, workers, s3_url)


def configuration(folder: Path, port: int, webs: list[Web]) -> Path:
    """Write nginx's configuration with the paths of this folder and these processes; return its path."""
    replaced = {"/var/log/nginx": str(folder), "/srv/get-images": str(folder)}
    replaced |= {f"127.0.0.1:{8001 + number}": f"127.0.0.1:{web.port}" for number, web in enumerate(webs)}
    for name in ("http.conf", "upstream.conf", "site.conf"):
        text = (CONFIGURATION / name).read_text()
        for original, replacement in replaced.items():
            text = text.replace(original, replacement)
        (folder / name).write_text(text)
    path = folder / "nginx.conf"
    # The folders of a test are readable by their owner only.
    user = " user root;" if os.geteuid() == 0 else ""
    path.write_text(NGINX_CONF.format(folder=folder, port=port, user=user))
    return path


def _environment(url: str, s3_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "SITE_URL": url,
        "TRUSTED_PROXIES": "1",
        "S3_BUCKET": BUCKET,
        "S3_ENDPOINT_URL": s3_url,
        "S3_REGION": "us-east-1",
        "S3_PREFIX": "pictures",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "SECRET_KEY": settings.SECRET_KEY,
        "SANDBOX_PROVIDERS": "on",
        # One at a time, so that no worker takes all jobs.
        "WORKER_CONCURRENCY": "1",
        "RATE_LIMIT_PER_MINUTE": str(RATE_LIMIT_PER_MINUTE),
        "LEASE_SECONDS": "2",
    }


@contextmanager
def _s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server.start()
    host, port = server.get_host_and_port()
    s3_url = f"http://{host}:{port}"
    client(s3_url).create_bucket(Bucket=BUCKET)
    yield s3_url
    server.stop()
