"""Static file names contain a hash of the content, so that a page loads only files of its own version."""

import re
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.templatetags.static import static


def test_pages_and_scripts_refer_to_hashed_names(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "infrastructure.static_files.HashedFiles"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    name = static("js/keys.js").removeprefix(settings.STATIC_URL)
    assert re.fullmatch(r"js/keys\.[0-9a-f]{12}\.js", name)
    imported = re.findall(r'from "\./(announce\.[0-9a-f]{12}\.js)"', (tmp_path / name).read_text())
    assert [(tmp_path / "js" / script).exists() for script in imported] == [True]
    assert (tmp_path / f"{name}.gz").exists()
