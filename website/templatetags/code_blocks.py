"""Template tags that show highlighted code with a Copy button."""

import functools
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

import pygments
from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import Name, Text

register = template.Library()

LANGUAGES = {".sh": "bash", ".py": "python", ".mjs": "javascript", ".json": "json"}
COMMANDS = {"claude", "curl"}
CODE_SPAN_DELIMITER = "`"


@register.inclusion_tag("website/docs/_code.html")
def snippet(name: str, title: str, language: str = "") -> dict[str, Any]:
    """Show a template file as code, rendered with this site's URL."""
    text = snippet_text(name, settings.SITE_URL)
    return _block(text, LANGUAGES[PurePosixPath(name).suffix], title) | {"choice": language}


@register.inclusion_tag("website/docs/_code.html")
def code(text: str, language: str, title: str) -> dict[str, Any]:
    """Show text as code."""
    return _block(text, language, title)


@register.inclusion_tag("website/docs/_code.html")
def secret_code(text: str, language: str, title: str) -> dict[str, Any]:
    """Show text that contains a secret as code, bypassing the cache of highlighted text."""
    return {"title": title, "html": _highlight(text, language)}


@register.filter
def with_code_spans(text: str) -> SafeString:
    """Return plain text as HTML, with the parts between backquotes as code."""
    parts = conditional_escape(text).split(CODE_SPAN_DELIMITER)
    html = (f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
    return mark_safe("".join(html))  # noqa: S308 - every part is escaped


def snippet_text(name: str, site_url: str) -> str:
    """Return the text of a snippet with this site's URL."""
    return render_to_string(name, {"site_url": site_url}).rstrip("\n")


def _block(text: str, language: str, title: str) -> dict[str, Any]:
    return {"title": title, "html": highlighted(text, language)}


@functools.lru_cache(maxsize=256)
def highlighted(text: str, language: str) -> SafeString:
    """Return code as HTML, with Pygments' short class names. Cached, because highlighting is slow."""
    return _highlight(text, language)


def _highlight(text: str, language: str) -> SafeString:
    tokens = get_lexer_by_name(language, ensurenl=False, stripnl=False).get_tokens(text)
    html: str = pygments.format(_with_commands(tokens), HtmlFormatter(nowrap=True))
    return mark_safe(html.rstrip("\n"))  # noqa: S308 - Pygments escapes


def _with_commands(tokens: Iterable[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
    """Mark commands that Pygments does not recognize."""
    for token_type, value in tokens:
        yield (Name.Builtin if token_type is Text and value in COMMANDS else token_type), value
