"""Credit accounts, their immutable entries, the running total of each key's month, packs and what was bought of them.

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
    # Credits that money went back for after they were spent; whatever comes in next settles it.
    owed = models.BigIntegerField(default=0, db_default=0)
    # Below this balance one e-mail goes out; null for none. It has gone out until the balance is topped up.
    alert_level = models.PositiveIntegerField(null=True, blank=True)
    alerted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        permissions = [
            ("grant_credits", "Can grant credits, up to a limit"),
            ("adjust_credits", "Can adjust a balance, up to a limit"),
            ("correct_without_limit", "Can grant and adjust any number of credits"),
        ]
        indexes = [
            # Whom a low balance may be told; no balance stands in it, so that charges need not touch it.
            models.Index(
                fields=["alert_level"],
                condition=models.Q(alert_level__isnull=False, alerted_at=None),
                name="billing_alerts_to_give",
            ),
        ]
        constraints = [
            # Nobody spends what they do not have, whatever the code does.
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="billing_balance_not_negative"),
            models.CheckConstraint(condition=models.Q(owed__gte=0), name="billing_owed_not_negative"),
            # Credits that came in were kept, though some were owed.
            models.CheckConstraint(
                condition=models.Q(owed=0) | models.Q(balance=0), name="billing_owes_only_with_empty_balance"
            ),
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
            # Everybody's entries of a period, for staff: newest first, and summed up without reading the rest.
            models.Index(fields=["-created_at", "-id"], include=["type", "amount"], name="billing_entries_newest"),
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


class Purchase(models.Model):
    """One payment for a pack: the pack as it was then, and what has become of the money."""

    class Status(models.TextChoices):
        """Where a payment stands. A paid one stays paid, whatever goes back of it later."""

        OPEN = "open", "Not finished"
        PENDING = "pending", "Confirming"
        PAID = "paid", "Paid"
        FAILED = "failed", "Declined"
        EXPIRED = "expired", "Not finished"
        REVIEW = "review", "Being checked"

    class Dispute(models.TextChoices):
        """What a bank says of a payment that its card holder disputes."""

        NONE = "", "None"
        OPEN = "open", "Open"
        WON = "won", "Won"
        LOST = "lost", "Lost"

    UNSETTLED = (Status.OPEN, Status.PENDING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The account and not the user: it outlives them, as its ledger does.
    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="purchases", db_index=False)
    # Who handles the payment: "stripe", or "simulated" in development.
    gateway = models.CharField(max_length=10)
    credits = models.PositiveIntegerField()
    # US cents.
    price_cents = models.PositiveIntegerField("price in cents")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField(db_default=Now())
    paid_at = models.DateTimeField(null=True)
    # The gateway's names for the checkout and for the payment that came of it.
    session_id = models.CharField(max_length=255, null=True, unique=True)
    payment_id = models.CharField(max_length=255, null=True, unique=True)
    # As people know it: "Visa ending 4242".
    paid_with = models.CharField(max_length=80, blank=True)
    refunded_cents = models.PositiveIntegerField(default=0)
    disputed_cents = models.PositiveIntegerField(default=0)
    dispute = models.CharField(max_length=4, choices=Dispute, blank=True)
    # Credits that went back with the money, whether they were there to be taken or are owed.
    credits_taken_back = models.PositiveIntegerField(default=0)
    # How often the gateway was asked, and which of the answers counted last: an older one that arrives later does not.
    looks = models.PositiveIntegerField(default=0)
    last_look = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="billing_purchases_of_account"),
            models.Index(fields=["-created_at", "-id"], name="billing_purchases_newest_first"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(credits__gt=0, price_cents__gt=0), name="billing_purchase_buys_something"
            ),
            # What is paid has its time, and nothing else has.
            models.CheckConstraint(
                condition=models.Q(status="paid", paid_at__isnull=False)
                | (~models.Q(status="paid") & models.Q(paid_at__isnull=True)),
                name="billing_purchase_paid_at_when_paid",
            ),
            # Nothing is taken back of what was not given, and never more than that.
            models.CheckConstraint(
                condition=models.Q(credits_taken_back=0)
                | models.Q(status="paid", credits_taken_back__lte=models.F("credits")),
                name="billing_purchase_takes_back_what_it_gave",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credits:,} credits for {self.price_label}"

    @property
    def price_label(self) -> str:
        """With cents, as on a receipt: $20.00."""
        return f"${Decimal(self.price_cents) / 100:,.2f}"

    @property
    def is_unsettled(self) -> bool:
        """Whether money may still come."""
        return self.status in self.UNSETTLED


class PaymentEvent(models.Model):
    """What a webhook told: which event, about what, and the purchase it belongs to (null: none of ours).

    It holds no part of the event's text, which names people.
    """

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=80)
    about = models.CharField(max_length=255)
    purchase = models.ForeignKey(Purchase, null=True, on_delete=models.SET_NULL, related_name="events")
    received_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.type} ({self.id})"


class SimulatedPayment(models.Model):
    """What the simulated checkout of development knows of one payment: what Stripe would."""

    session_id = models.CharField(max_length=255, primary_key=True)
    purchase = models.OneToOneField(Purchase, on_delete=models.CASCADE, related_name="simulated")
    status = models.CharField(max_length=8, choices=Purchase.Status, default=Purchase.Status.OPEN)
    refunded_cents = models.PositiveIntegerField(default=0)
    dispute = models.CharField(max_length=4, choices=Purchase.Dispute, blank=True)

    def __str__(self) -> str:
        return self.session_id


class SignupGrant(models.Model):
    """Who has had the credits of a new account: a keyed digest of an address, or of an account.

    Kept after the account is gone; nobody can read an address from it, or which account it had.
    """

    digest = models.BinaryField(max_length=32, primary_key=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()[:8]
