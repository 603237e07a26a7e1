"""Template filters for connected apps: the address of an app, and what a connection may do."""

from collections.abc import Collection

from django import template

from accounts.models import OAuthClient
from accounts.oauth import redirects
from accounts.oauth.redirects import Destination
from accounts.oauth.scopes import GENERATE, READ

register = template.Library()


@register.filter
def app_address(client: OAuthClient) -> str:
    """Return the host of an app's metadata document, else its redirect destinations and the word self-declared."""
    if client.host:
        return client.host
    places = dict.fromkeys(_place(redirects.destination(uri)) for uri in client.redirect_uris)
    text = ", ".join([*places, "self-declared"])
    return text[0].upper() + text[1:] if text.startswith("this computer") else text


@register.filter
def access(scopes: Collection[str]) -> str:
    """Return what a connection with these scopes may do, in a few words."""
    if GENERATE not in scopes:
        return "Can only see images"
    return "Can see and generate images" if READ in scopes else "Can only generate images"


def _place(destination: Destination) -> str:
    if destination.is_loopback:
        return "this computer"
    return f"{destination.name} links" if destination.is_app else destination.name
