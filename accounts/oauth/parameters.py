"""Parameters of a request to an OAuth endpoint, each of which may be sent once (OAuth 2.1, section 3.1)."""

from collections.abc import Mapping, Sequence

from accounts.oauth.errors import INVALID_REQUEST, OAuthError

# The values of each parameter by its name, as `QueryDict.lists()` has them.
Parameters = Mapping[str, Sequence[str]]


def single(parameters: Parameters, name: str) -> str:
    """Return the value of a parameter. One that was not sent is empty, because an empty value counts as not sent.

    Raises:
        OAuthError: invalid_request: it was sent more than once.
    """
    values = parameters.get(name, [])
    if len(values) > 1:
        raise OAuthError(INVALID_REQUEST, f"{name} was sent more than once.")
    return values[0] if values else ""


def required(parameters: Parameters, name: str) -> str:
    """Return the value of a parameter of a form.

    Raises:
        OAuthError: invalid_request: it was not sent, or more than once.
    """
    value = single(parameters, name)
    if not value:
        raise OAuthError(INVALID_REQUEST, f"{name} is missing. Send it form-encoded in the body.")
    return value
