"""Terms and privacy pages: Markdown files of the operator."""

import functools
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie
from markdown_it import MarkdownIt

# CommonMark with tables. HTML in the file is shown as text.
MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")

# A wide table scrolls, also by keyboard.
TABLE_START: Final = '<div class="legal-table" tabindex="0" role="region" aria-label="Table"><table>'
TABLE_END: Final = "</table></div>"


@require_safe
@vary_on_cookie
def terms(request: HttpRequest) -> HttpResponse:
    """Show the terms; 404 if the operator has not configured a file."""
    return _page(request, "Terms", settings.TERMS_FILE)


@require_safe
@vary_on_cookie
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the privacy policy; 404 if the operator has not configured a file."""
    return _page(request, "Privacy", settings.PRIVACY_FILE)


def _page(request: HttpRequest, title: str, name: str) -> HttpResponse:
    if not name:
        raise Http404
    path = Path(name)
    # A changed file is shown without a restart.
    html = _rendered(path, path.stat().st_mtime_ns)
    return render(request, "website/public/legal.html", {"title": title, "html": html})


@functools.lru_cache(maxsize=4)
def _rendered(path: Path, _modified_ns: int) -> SafeString:
    html: str = MARKDOWN.render(path.read_text(encoding="utf-8"))
    html = html.replace("<table>", TABLE_START).replace("</table>", TABLE_END)
    return mark_safe(html)  # noqa: S308 - HTML in the file is escaped
