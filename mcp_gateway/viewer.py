"""The viewer: a page that hosts of MCP Apps show in the chat with the results of the image tools.

Its sources are in templates/mcp_gateway/viewer. The wire format is version 2026-01-26 of the extension:
https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx
"""

import functools
import re
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID

from billing.payments import sales
from images.schemas import ImageListResult
from images.storage import links

URI: Final = "ui://get-images/viewer"
MEDIA_TYPE: Final = APP_MIME_TYPE
# The extension of the protocol that the server announces, with its settings.
EXTENSION: Final[dict[str, dict[str, Any]]] = {EXTENSION_ID: {}}
# The metadata in tools/list of the tools whose results the viewer shows.
TOOL_META: Final[dict[str, Any]] = {"ui": {"resourceUri": URI}}
# The key in `_meta` of a list's thumbnail links, by the image's id. Models do not read `_meta`.
THUMBNAILS_KEY: Final = "getimages/thumbnails"

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)


def declaration() -> dict[str, Any]:
    """Return the viewer's entry in the result of resources/list."""
    return {
        "uri": URI,
        "name": "viewer",
        "title": "Viewer",
        "description": "Shows an image or a list of images in the chat.",
        "mimeType": MEDIA_TYPE,
        "_meta": _meta(),
    }


def content() -> dict[str, Any]:
    """Return the viewer's entry in `contents` of resources/read. Hosts read the metadata here."""
    return {"uri": URI, "mimeType": MEDIA_TYPE, "text": document(), "_meta": _meta()}


def document() -> str:
    """Return the page: one HTML document without references to other files."""
    billing_url = settings.SITE_URL + reverse("billing") if sales.is_open() else ""
    return _document(settings.SITE_URL, billing_url)


@functools.cache
def _document(site_url: str, billing_url: str) -> str:
    context = {"site_url": site_url, "billing_url": billing_url}
    return _without_comments(render_to_string("mcp_gateway/viewer/viewer.html", context))


def _meta() -> dict[str, Any]:
    """Return the metadata of the resource: it loads pictures of this site only, and copies links."""
    return {
        "ui": {
            "csp": {"resourceDomains": [settings.SITE_URL]},
            "permissions": {"clipboardWrite": {}},
            # The viewer has its own border.
            "prefersBorder": False,
        }
    }


def thumbnail_links(page: ImageListResult) -> dict[str, Any]:
    """Return the metadata of a list's result: links to the thumbnails, which need no key for 15 minutes."""
    return {THUMBNAILS_KEY: {str(image.id): links.thumbnail_url(image.id) for image in page.images if image.media_type}}


def _without_comments(source: str) -> str:
    """Return a page without the comments and the indentation of its sources, for hosts that limit its size."""
    lines = (line.strip() for line in _COMMENT.sub("", source).splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
