"""Users, API keys, and the counters of requests and failed keys in the current minute."""

import re
import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts import email_normalization

# What every normal form matches, as a regular expression of PostgreSQL. Ranges depend on the collation, hence the list.
NORMAL_EMAIL = (
    r"^[abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~.-]+@[abcdefghijklmnopqrstuvwxyz0123456789.-]+$"
)


class UserManager(BaseUserManager["User"]):
    """Creates and finds users by the normal form of their e-mail address."""

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
    """An account with an e-mail address. It owns API keys, a credit account, images and purchases."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail address", max_length=254, unique=True)
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
        """Two letters of the e-mail address, for the avatar."""
        words = re.split(r"[^a-z0-9]+", self.email.partition("@")[0].lower())
        letters = "".join(word[:1] for word in words if word) or "?"
        return (letters if len(letters) > 1 else self.email)[:2].upper()


class ApiKey(models.Model):
    """A key for REST and MCP. Only the digest of its secret is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    last_four = models.CharField(max_length=4, editable=False)
    monthly_credit_cap = models.PositiveIntegerField(null=True, blank=True)
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
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.last_four})"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


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
