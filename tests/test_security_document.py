"""SECURITY.md says where each protection is tested: those tests exist."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
NAMED = re.findall(r"`((?:tests|docs)/[\w./]+)`", (PROJECT / "SECURITY.md").read_text())


def test_every_test_that_the_threat_model_names_exists() -> None:
    assert len(NAMED) > 20
    assert not [name for name in NAMED if not (PROJECT / name).exists()]
