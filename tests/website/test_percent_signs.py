"""How templates write a percentage: 80%, as in English, in all of them."""

import re

from django.conf import settings

SPACED = re.compile(r"(?:\d|\}\}) %(?!\})")


def test_no_template_puts_a_space_before_a_percent_sign() -> None:
    templates = [path for path in (settings.BASE_DIR / "templates").rglob("*") if path.suffix in {".html", ".txt"}]
    assert [str(path) for path in templates if SPACED.search(path.read_text())] == []
