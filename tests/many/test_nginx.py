"""The complete nginx configuration, checked by nginx itself."""

import subprocess
from pathlib import Path

import pytest

from tests.many.processes import CONFIGURATION, NGINX


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with a certificate for the TLS server block."""
    key, chain = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    subject = ["-subj", "/CN=images.example", "-days", "1"]
    command = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", str(key), "-out", str(chain)]
    subprocess.run([*command, *subject], check=True, capture_output=True)
    return tmp_path


@pytest.mark.parametrize("name", ["get-images.conf", "compose.conf"])
def test_nginx_accepts_the_configuration_with_tls(name: str, certificate: Path) -> None:
    # Directives that Docker's nginx supports and Debian's does not are removed.
    unsupported = {" resolve ": " ", "web:8000": "127.0.0.1:8000", "http2 on;": ""}
    folders = ["/etc/ssl/images.example", "/etc/nginx/certificates", "/etc/nginx/get-images", "/var/log/nginx"]
    for path in CONFIGURATION.iterdir():
        text = path.read_text()
        for original, replacement in {**unsupported, **dict.fromkeys(folders, str(certificate))}.items():
            text = text.replace(original, replacement)
        (certificate / path.name).write_text(text)
    paths = f"pid {certificate}/pid; error_log {certificate}/error.log; events {{}}"
    (certificate / "nginx.conf").write_text(f"{paths} http {{ include {certificate}/{name}; }}")
    command = [str(NGINX), "-t", "-c", str(certificate / "nginx.conf")]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr
    assert "warn" not in completed.stderr
