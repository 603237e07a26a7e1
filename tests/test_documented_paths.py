"""The documents refer only to files, folders and names that exist."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md", "docs/benchmarks.md")
FOLDERS = sorted(path.name for path in PROJECT.iterdir() if path.is_dir() and not path.name.startswith("."))
# `folder/`, `folder/file.py`, or `folder/file.py:name`.
REFERENCE = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)(?::(\w+))?`")


def is_valid(path: str, name: str) -> bool:
    target = PROJECT / path
    definition = rf"^ *(?:(?:async )?def|class) {name}\b|^{name}\b"
    return target.exists() and (not name or re.search(definition, target.read_text(), re.MULTILINE) is not None)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_reference_exists(document: str) -> None:
    references = REFERENCE.findall((PROJECT / document).read_text())
    assert references
    assert not [reference for reference in references if not is_valid(*reference)]
