"""Credit accounts, their immutable entries, the running total of each key's month, and the packs on sale.

The triggers that hold these tables together stand in migration 0002.
"""

import uuid
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now


class CreditAccount(models.Model):
    """One user's credits. It outlives the user: entries are kept without a name."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="credit_account"
    )
    # Whole credits; always the balance_after of the account's last entry.
    balance = models.BigIntegerField(default=0, db_default=0)
    # How many entries the account has; the last one's position.
    entry_count = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            # Nobody spends what they do not have, whatever the code does.
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="billing_balance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"credit account {self.pk}"


class LedgerEntry(models.Model):
    """One change of a balance. It is never changed and never deleted."""

    class Type(models.TextChoices):
        """Why a balance changed."""

        PURCHASE = "purchase"
        GENERATION = "generation"
        REFUND = "refund"
        GRANT = "grant"
        ADJUSTMENT = "adjustment"
        CHARGEBACK = "chargeback"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    # Found by the indexes below, which begin with it.
    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="entries", db_index=False)
    # 1, 2, 3 … within the account: the order in which the balance changed.
    position = models.BigIntegerField()
    type = models.CharField(max_length=12, choices=Type)
    # Signed whole credits.
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    # Holds no prompt and no name: entries outlive the account.
    description = models.CharField(max_length=200)
    # The image, purchase or other thing the entry is about.
    reference_id = models.UUIDField(null=True)
    # The key that spent; no foreign key, for the same reason.
    api_key_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "ledger entries"
        indexes = [
            # A month of a long ledger is summed up, and listed, without reading the rest of it.
            models.Index(
                fields=["account", "created_at"],
                include=["type", "amount", "reference_id"],
                name="billing_entries_by_time",
            ),
        ]
        constraints = [
            # Positions without gaps or repetitions make the running balance checkable row by row.
            models.UniqueConstraint(fields=["account", "position"], name="billing_entry_position_once"),
            # An entry that changes nothing would be noise.
            models.CheckConstraint(condition=~models.Q(amount=0), name="billing_entry_changes_something"),
            models.CheckConstraint(condition=models.Q(balance_after__gte=0), name="billing_entry_balance_not_negative"),
            # Spending takes, returning and buying give.
            models.CheckConstraint(
                condition=models.Q(type__in=["generation", "chargeback"], amount__lt=0)
                | models.Q(type__in=["purchase", "refund", "grant"], amount__gt=0)
                | models.Q(type="adjustment"),
                name="billing_entry_sign_fits_type",
            ),
            # An image is charged once and refunded once; a payment is credited once.
            models.UniqueConstraint(
                fields=["reference_id", "type"],
                condition=models.Q(type__in=["generation", "refund", "purchase"]),
                name="billing_entry_once_per_reference",
            ),
            # What these types are about must be named, or nothing could hold them to once.
            models.CheckConstraint(
                condition=~models.Q(type__in=["generation", "refund", "purchase"])
                | models.Q(reference_id__isnull=False),
                name="billing_entry_names_its_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+} ({self.type})"


class KeySpending(models.Model):
    """What one key has spent in one calendar month (UTC): its charges less the refunds of them."""

    pk = models.CompositePrimaryKey("api_key_id", "month")
    api_key_id = models.UUIDField()
    month = models.DateField()
    spent = models.BigIntegerField()

    class Meta:
        constraints = [
            # Refunds give back no more than was charged.
            models.CheckConstraint(condition=models.Q(spent__gte=0), name="billing_spent_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.spent} in {self.month:%Y-%m}"


class Pack(models.Model):
    """An amount of credits with a price, as staff may change it without a deploy."""

    credits = models.PositiveIntegerField(unique=True)
    # US cents.
    price_cents = models.PositiveIntegerField("price in cents")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ("credits",)
        constraints = [
            # Nobody can buy nothing, or be given credits by a shop.
            models.CheckConstraint(
                condition=models.Q(credits__gt=0, price_cents__gt=0), name="billing_pack_sells_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credits:,} credits for ${self.price}"

    @property
    def price(self) -> Decimal:
        """In US dollars."""
        return Decimal(self.price_cents) / 100

    @property
    def price_label(self) -> str:
        """As people write it: $5, or $4.50."""
        return f"${self.price:,.0f}" if self.price_cents % 100 == 0 else f"${self.price:,.2f}"


class SignupGrant(models.Model):
    """Who has had the credits of a new account: a keyed digest of an address, or of an account.

    Kept after the account is gone; nobody can read an address from it, or which account it had.
    """

    digest = models.BinaryField(max_length=32, primary_key=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()[:8]
