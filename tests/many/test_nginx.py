"""The whole of nginx's configuration, read by nginx itself."""

import subprocess
from pathlib import Path

import pytest

from tests.many.processes import CONFIGURATION, NGINX


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with a certificate for the server block with TLS."""
    key, chain = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    subject = ["-subj", "/CN=images.example", "-days", "1"]
    command = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", str(key), "-out", str(chain)]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    return tmp_path


@pytest.mark.parametrize("name", ["get-images.conf", "compose.conf"])
def test_nginx_takes_the_configuration_with_tls(name: str, certificate: Path) -> None:
    # Of what Docker's nginx has and Debian's has not, nothing is checked.
    newer = {" resolve ": " ", "web:8000": "127.0.0.1:8000", "http2 on;": ""}
    folders = ["/etc/ssl/images.example", "/etc/nginx/certificates", "/etc/nginx/get-images", "/var/log/nginx"]
    for path in CONFIGURATION.iterdir():
        text = path.read_text()
        for theirs, ours in {**newer, **dict.fromkeys(folders, str(certificate))}.items():
            text = text.replace(theirs, ours)
        (certificate / path.name).write_text(text)
    paths = f"pid {certificate}/pid; error_log {certificate}/error.log; events {{}}"
    (certificate / "nginx.conf").write_text(f"{paths} http {{ include {certificate}/{name}; }}")
    command = [str(NGINX), "-t", "-c", str(certificate / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr
