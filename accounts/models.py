"""Users, API keys and connections, OAuth clients and tokens, and the counters of requests in the current minute."""

import re
import uuid
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts import email_normalization

# PostgreSQL regular expression of every normal form. It lists the letters because ranges depend on the collation.
NORMAL_EMAIL = (
    r"^[abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~.-]+@[abcdefghijklmnopqrstuvwxyz0123456789.-]+$"
)


class UserManager(BaseUserManager["User"]):
    """Creates and finds users by the normal form of their email address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user.

        Raises:
            ValidationError: The address has no normal form.
        """
        user = self.model(email=email_normalization.normalize(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def with_email(self, address: str | None) -> models.QuerySet["User"]:
        """Return the user with this address in any spelling; an empty queryset if the address has no normal form."""
        normal = email_normalization.normalize_or_none(address)
        return self.filter(email=normal) if normal else self.none()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.with_email(username).get()


class User(AbstractBaseUser, PermissionsMixin):
    """An account with an email address. It owns API keys, a credit account, images and purchases."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("email address", max_length=254, unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("staff", default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        permissions = [("suspend_user", "Can suspend and restore an account")]
        constraints = [
            # Printable ASCII in lower case (see email_normalization): with the unique index of the column, no two
            # accounts have addresses that differ only in case or in characters that fold to the same letter.
            models.CheckConstraint(condition=models.Q(email__regex=NORMAL_EMAIL), name="accounts_user_email_normal"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def initials(self) -> str:
        """Two letters of the email address, for the avatar."""
        words = re.split(r"[^a-z0-9]+", self.email.partition("@")[0].lower())
        letters = "".join(word[:1] for word in words if word) or "?"
        return (letters if len(letters) > 1 else self.email)[:2].upper()


class OAuthClient(models.Model):
    """An app that can request a connection (RFC 6749, section 2).

    Its id is random if it registered itself (RFC 7591), or the URL of its metadata document.
    """

    class AuthMethod(models.TextChoices):
        NONE = "none"
        POST = "client_secret_post"
        BASIC = "client_secret_basic"

    id = models.CharField(primary_key=True, max_length=500)
    name = models.CharField(max_length=100)
    redirect_uris = ArrayField(models.CharField(max_length=500))
    auth_method = models.CharField(max_length=30, choices=AuthMethod, default=AuthMethod.NONE)
    secret_digest = models.BinaryField(max_length=32, null=True, editable=False)
    # JSON Web Key Set of the metadata document, to verify assertions; null if it names none.
    keys = models.JSONField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The time until which the copy of a metadata document counts as current; null for a registered client.
    fresh_until = models.DateTimeField(null=True)
    # Whether a migration added it: its copy stays, because some of these documents cannot be fetched from everywhere.
    is_preset = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = "OAuth client"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(auth_method="none", secret_digest=None)
                | (~models.Q(auth_method="none") & models.Q(secret_digest__isnull=False)),
                name="accounts_client_secret_if_confidential",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def host(self) -> str:
        """The host of the metadata document, which proves the app's identity; empty for a registered client."""
        return urlsplit(self.id).hostname or "" if self.fresh_until else ""


class ApiKey(models.Model):
    """A key for REST and MCP, or the connection of an OAuth client, which works like a key over MCP.

    Only the digest of a key's secret is stored. A connection has tokens instead.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32, unique=True, null=True, editable=False)
    # Empty for a connection.
    last_four = models.CharField(max_length=4, blank=True, editable=False)
    client = models.ForeignKey(
        OAuthClient, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="connections"
    )
    monthly_credit_cap = models.PositiveIntegerField(null=True, blank=True)
    # Over MCP, an image that costs more credits than this needs the confirmation of a person; null means none does.
    confirm_above = models.PositiveIntegerField(null=True, blank=True)
    # Public model ids; null allows all models.
    allowed_models = ArrayField(models.CharField(max_length=100), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    last_used_address = models.GenericIPAddressField(null=True, editable=False)
    last_used_client = models.CharField(max_length=100, blank=True, editable=False)

    class Meta:
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        permissions = [("revoke_apikey", "Can revoke an API key")]
        indexes = [models.Index(fields=["user", "-created_at", "-id"], name="accounts_key_of_user")]
        constraints = [
            # The name identifies a key when one has to be revoked.
            models.CheckConstraint(condition=~models.Q(name=""), name="accounts_key_named"),
            models.CheckConstraint(
                condition=models.Q(digest__isnull=False, client=None) | models.Q(digest=None, client__isnull=False),
                name="accounts_key_or_connection",
            ),
            models.UniqueConstraint(
                fields=["user", "client"], condition=models.Q(revoked_at=None), name="accounts_live_connection_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name if self.is_connection else f"{self.name} (…{self.last_four})"

    @property
    def is_connection(self) -> bool:
        return self.client_id is not None

    @property
    def label(self) -> str:
        """The name, for a key with the last four characters of its secret."""
        return self.name if self.is_connection else f"{self.name} …{self.last_four}"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class AuthorizationCode(models.Model):
    """A code that an OAuth client exchanges for tokens once. Only its digest is stored."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    redirect_uri = models.CharField(max_length=500)
    # The SHA-256 of the client's code verifier (RFC 7636), in base64url.
    challenge = models.CharField(max_length=43)
    scopes = ArrayField(models.CharField(max_length=40))
    expires_at = models.DateTimeField(db_index=True)
    # The chain of the tokens issued for the code; null until it is used.
    chain = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"code of {self.key_id}"


class OAuthToken(models.Model):
    """An access or refresh token of a connection. Only its digest is stored.

    All tokens issued after one sign-in are a chain: a stolen refresh token revokes only its own chain.
    """

    digest = models.BinaryField(primary_key=True, max_length=32)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="tokens")
    is_refresh = models.BooleanField()
    chain = models.UUIDField(db_index=True)
    scopes = ArrayField(models.CharField(max_length=40))
    expires_at = models.DateTimeField(db_index=True)
    # When a refresh token was used for the first time.
    replaced_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{'refresh' if self.is_refresh else 'access'} token of {self.key_id}"


class RequestWindow(models.Model):
    """Counter of one user's requests over MCP and REST in the current minute.

    The table is UNLOGGED: a crash of PostgreSQL empties it, which loses at most a minute of counts.
    """

    # No foreign key constraint: its check would wait for transactions that have locked the user's row.
    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="+")
    started_at = models.DateTimeField()
    requests = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.requests} requests since {self.started_at}"


class FailedKeyWindow(models.Model):
    """Counter of failed keys from one address in the current minute. UNLOGGED, as RequestWindow."""

    address = models.GenericIPAddressField(primary_key=True)
    started_at = models.DateTimeField()
    failures = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.failures} failures since {self.started_at}"
