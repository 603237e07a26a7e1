"""Names the database before anything reads settings: a server of the tests' own, fast and without durability."""

import os
from pathlib import Path

from config import embedded_postgres

LOCAL_DIR = Path(__file__).resolve().parent.parent / ".local"

os.environ.setdefault("SECRET_KEY", "tests-only")
if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = embedded_postgres.start(LOCAL_DIR / "test", durable=False)
