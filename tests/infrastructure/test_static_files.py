"""Static files carry a hash of their content in their names, so that an old page never gets a new version's file."""

import re
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.templatetags.static import static


def test_pages_and_scripts_name_their_files_with_a_hash(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "infrastructure.static_files.HashedFiles"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    named = static("js/keys.js").removeprefix(settings.STATIC_URL)
    assert re.fullmatch(r"js/keys\.[0-9a-f]{12}\.js", named)
    imported = re.findall(r'from "\./(announce\.[0-9a-f]{12}\.js)"', (tmp_path / named).read_text())
    assert [(tmp_path / "js" / each).exists() for each in imported] == [True]
    assert (tmp_path / f"{named}.gz").exists()
