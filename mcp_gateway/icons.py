"""The icons of the server and of its tools, as URLs of the site's static files."""

from typing import Final

from django.conf import settings
from mcp_types import Icon

SVG: Final = "image/svg+xml"


def _url(path: str) -> str:
    # Without a hash in the name: a client may keep the URL for longer than the site keeps the files of a release.
    return f"{settings.SITE_URL}{settings.STATIC_URL}{path}"


SERVER: Final = (
    Icon(src=_url("favicon.svg"), mime_type=SVG, sizes=["any"]),
    Icon(src=_url("apple-touch-icon.png"), mime_type="image/png", sizes=["180x180"]),
)


def of_tool(name: str) -> list[dict[str, object]]:
    """Return the icons of a tool, whose picture is `static/tool-icons/<name>.svg`, as its declaration has them."""
    return [{"src": _url(f"tool-icons/{name}.svg"), "mimeType": SVG, "sizes": ["any"]}]
