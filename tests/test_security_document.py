"""SECURITY.md refers only to tests and documents that exist."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PATHS = re.findall(r"`((?:tests|docs)/[\w./]+)`", (PROJECT / "SECURITY.md").read_text())


def test_every_path_in_the_threat_model_exists() -> None:
    assert len(PATHS) > 20
    assert not [path for path in PATHS if not (PROJECT / path).exists()]
