"""Environment variables of the tests, set before the settings load: a fast database and sign-in providers."""

import os
from pathlib import Path

import certifi
from httpx2._config import DEFAULT_TIMEOUT_CONFIG

from infrastructure.postgresql import embedded_server

LOCAL_DIR = Path(__file__).resolve().parent.parent / ".local"

# On a busy machine, a response can take longer than the 5 s that the HTTP client waits by default.
DEFAULT_TIMEOUT_CONFIG.connect = DEFAULT_TIMEOUT_CONFIG.read = 60.0

os.environ.setdefault("SECRET_KEY", "tests-only")
for provider in ("GOOGLE", "GITHUB"):
    os.environ.setdefault(f"{provider}_CLIENT_ID", f"{provider.lower()}-id")
    os.environ.setdefault(f"{provider}_CLIENT_SECRET", f"{provider.lower()}-secret")
if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = embedded_server.start(LOCAL_DIR / "test", durable=False)

# Every HTTP client parses the certificates of all authorities, which takes 40 ms. Tests have no server that needs them.
if not os.environ.get("SSL_CERT_FILE"):
    one_authority = LOCAL_DIR / "test" / "authority.pem"
    first, end, _ = certifi.contents().partition("-----END CERTIFICATE-----\n")
    one_authority.parent.mkdir(parents=True, exist_ok=True)
    # Written under another name first: parallel processes of the tests read it meanwhile.
    draft = one_authority.with_suffix(f".{os.getpid()}")
    draft.write_text(first + end)
    draft.replace(one_authority)
    os.environ["SSL_CERT_FILE"] = str(one_authority)
