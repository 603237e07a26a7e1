"""The metadata of a client, from its registration or its metadata document (RFC 7591, section 2)."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from accounts.models import OAuthClient
from accounts.oauth import redirects
from accounts.oauth.errors import OAuthError

ID_MAX_CHARACTERS: Final = 500
NAME_MAX_CHARACTERS: Final = 80
REDIRECT_URIS_MAX: Final = 10
# Control and format characters, such as bidirectional marks, and surrogates: they could disguise a name.
HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def name(metadata: Mapping[str, Any], *, default: str) -> str:
    """Return the client's name for people, without hidden characters and cut to NAME_MAX_CHARACTERS."""
    text = metadata.get("client_name")
    visible = (
        "".join(c for c in text if unicodedata.category(c) not in HIDDEN_CATEGORIES) if isinstance(text, str) else ""
    )
    return " ".join(visible.split())[:NAME_MAX_CHARACTERS].strip() or default[:NAME_MAX_CHARACTERS]


def redirect_uris(metadata: Mapping[str, Any]) -> list[str]:
    """Return the client's redirect URIs.

    Raises:
        OAuthError: There are none or too many, or one is not allowed.
    """
    uris = metadata.get("redirect_uris")
    if not isinstance(uris, list) or not 1 <= len(uris) <= REDIRECT_URIS_MAX:
        raise OAuthError("invalid_redirect_uri", f"redirect_uris must be a list of 1 to {REDIRECT_URIS_MAX} URIs.")
    for uri in uris:
        if not isinstance(uri, str) or not redirects.is_valid(uri):
            redirects.log_refused(uri)
            raise OAuthError(
                "invalid_redirect_uri",
                "A redirect URI must use https, http to localhost, 127.0.0.1 or [::1], or the app's own scheme, "
                f"without a fragment or user part: {str(uri)[:100]!r}.",
            )
    return list(dict.fromkeys(uris))


def auth_method(metadata: Mapping[str, Any]) -> str:
    """Return how a registered client authenticates at the token endpoint; the default is HTTP Basic (RFC 7591).

    Raises:
        OAuthError: The method is not supported.
    """
    method = metadata.get("token_endpoint_auth_method") or OAuthClient.AuthMethod.BASIC
    if method not in OAuthClient.AuthMethod.values:
        supported = ", ".join(OAuthClient.AuthMethod.values)
        raise OAuthError("invalid_client_metadata", f"token_endpoint_auth_method must be one of {supported}.")
    return str(method)


def document_auth_method(document: Mapping[str, Any]) -> str:
    """Return the method of a metadata document: none, since there is no secret, and we demand no signature.

    Raises:
        OAuthError: The client does not support this.
    """
    method = document.get("token_endpoint_auth_method", "none")
    # ChatGPT prefers private_key_jwt, and supports none as well.
    supported = document.get("token_endpoint_auth_methods_supported")
    if "none" not in [method, *(supported if isinstance(supported, list) else [])]:
        raise OAuthError("invalid_client_metadata", "A client with a metadata document must support the method none.")
    return OAuthClient.AuthMethod.NONE
