"""Endpoints that clients call without a browser: token, registration and revocation."""

import base64
import binascii
import functools
import json
import logging
from collections.abc import Callable
from urllib.parse import unquote_plus

from allauth.core import ratelimit
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.models import OAuthClient
from accounts.oauth import authorization, clients, registration, tokens
from accounts.oauth.errors import INVALID_CLIENT, INVALID_REQUEST, OAuthError
from accounts.oauth.parameters import Parameters, required, single
from infrastructure import database

RETRY_AFTER_SECONDS = 5
# As in ACCOUNT_RATE_LIMITS.
REGISTRATION_PERIOD_SECONDS = 600
TOO_MANY_REQUESTS = 429
UNAVAILABLE = 503
UNAUTHORIZED = 401

logger = logging.getLogger(__name__)


def _endpoint(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Decorate a view that accepts POST from any origin, uses no session, and reports errors as JSON."""

    @functools.wraps(view)
    def endpoint(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except OAuthError as error:
            response = JsonResponse(error.to_json(), status=error.status)
            if error.status == UNAUTHORIZED:
                response["WWW-Authenticate"] = "Basic"
            if error.status == TOO_MANY_REQUESTS:
                response["Retry-After"] = str(REGISTRATION_PERIOD_SECONDS)
            return response
        except (SuspiciousOperation, MultiPartParserError):
            # Too many fields, or a body that is too large or malformed.
            body = OAuthError(INVALID_REQUEST, "The body is too large or malformed.").to_json()
            return JsonResponse(body, status=400)
        except database.UNAVAILABLE_ERRORS as error:
            # Any 4xx response would make the client forget its tokens.
            logger.error("%s: the database is unavailable: %s", view.__name__, type(error).__name__)  # noqa: TRY400
            description = "The service is temporarily unavailable. Try again in a few seconds."
            body = OAuthError("temporarily_unavailable", description).to_json()
            return JsonResponse(body, status=UNAVAILABLE, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})

    return csrf_exempt(require_POST(never_cache(endpoint)))


@_endpoint
def token(request: HttpRequest) -> HttpResponse:
    """Exchange a code or a refresh token for tokens."""
    form = _form(request)
    client = _client(request, form)
    grant_type = required(form, "grant_type")
    for target in form.get("resource", []):
        authorization.check_resource(target)
    if grant_type == "authorization_code":
        pair = tokens.exchange_code(
            client,
            required(form, "code"),
            verifier=required(form, "code_verifier"),
            redirect_uri=single(form, "redirect_uri") or None,
        )
    elif grant_type == "refresh_token":
        pair = tokens.refresh(client, required(form, "refresh_token"), scope=single(form, "scope"))
    else:
        raise OAuthError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
    return JsonResponse(pair.to_json())


@_endpoint
def register(request: HttpRequest) -> HttpResponse:
    """Register a client."""
    if not ratelimit.consume(request, action="oauth_register"):
        description = "Too many apps were registered from this address. Try again in 10 minutes."
        raise OAuthError("too_many_requests", description, status=TOO_MANY_REQUESTS)
    try:
        metadata = json.loads(request.body)
    except (ValueError, RecursionError):
        metadata = None
    if not isinstance(metadata, dict):
        raise OAuthError("invalid_client_metadata", "The body must be a JSON object.")
    return JsonResponse(registration.register(metadata), status=201)


@_endpoint
def revoke(request: HttpRequest) -> HttpResponse:
    """Revoke a token. The response is the same for a token that does not exist."""
    form = _form(request)
    has_client = single(form, "client_id") or "Authorization" in request.headers
    tokens.revoke(_client(request, form) if has_client else None, required(form, "token"))
    return HttpResponse()


def _form(request: HttpRequest) -> Parameters:
    return dict(request.POST.lists())


def _client(request: HttpRequest, form: Parameters) -> OAuthClient:
    client_id, secret = _basic_credentials(request) or (single(form, "client_id"), single(form, "client_secret"))
    assertion = None
    if single(form, "client_assertion_type") == clients.ASSERTION_TYPE:
        assertion = required(form, "client_assertion")
    return clients.authenticate(client_id, secret=secret, assertion=assertion)


def _basic_credentials(request: HttpRequest) -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError(INVALID_CLIENT, "The Authorization header is malformed.", status=UNAUTHORIZED) from error
    # Both parts are form-encoded (RFC 6749, section 2.3.1).
    return unquote_plus(client_id), unquote_plus(secret)
