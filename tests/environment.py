"""Environment variables of the tests, set before the settings load: a fast database and sign-in providers."""

import os
from pathlib import Path

from infrastructure import embedded_postgres

LOCAL_DIR = Path(__file__).resolve().parent.parent / ".local"

os.environ.setdefault("SECRET_KEY", "tests-only")
for provider in ("GOOGLE", "GITHUB"):
    os.environ.setdefault(f"{provider}_CLIENT_ID", f"{provider.lower()}-id")
    os.environ.setdefault(f"{provider}_CLIENT_SECRET", f"{provider.lower()}-secret")
if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = embedded_postgres.start(LOCAL_DIR / "test", durable=False)
