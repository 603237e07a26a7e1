"""Models of credit accounts, ledger entries, monthly spending of API keys, packs, purchases and payment events.

Database triggers keep these tables consistent: see migrations 0002 and 0008.
"""

import uuid
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now

from billing.money import dollars


class CreditAccount(models.Model):
    """The credit balance of one user. It is kept when the user is deleted, as are its entries."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="credit_account"
    )
    # Whole credits; equals balance_after of the last entry.
    balance = models.BigIntegerField(default=0, db_default=0)
    # Number of entries; equals the position of the last entry.
    entry_count = models.BigIntegerField(default=0, db_default=0)
    # Credits owed: clawed back with their payment after they were spent. The next income repays them first.
    owed = models.BigIntegerField(default=0, db_default=0)
    # A balance below this level, in whole credits, sends one email (null: no email). alerted_at is set from then on,
    # until the balance is topped up.
    alert_level = models.PositiveIntegerField(null=True, blank=True)
    alerted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        permissions = [
            ("grant_credits", "Can grant credits, up to a limit"),
            ("adjust_credits", "Can adjust a balance, up to a limit"),
            ("correct_without_limit", "Can grant and adjust any number of credits"),
        ]
        indexes = [
            # Accounts to check for a low balance. The balance itself is not in the index, so charges don't update it.
            models.Index(
                fields=["alert_level"],
                condition=models.Q(alert_level__isnull=False, alerted_at=None),
                name="billing_alerts_to_give",
            ),
        ]
        constraints = [
            # A balance cannot be overdrawn.
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="billing_balance_not_negative"),
            # A repayment cannot exceed the credits owed.
            models.CheckConstraint(condition=models.Q(owed__gte=0), name="billing_owed_not_negative"),
            # Income repays the credits owed before it increases the balance.
            models.CheckConstraint(
                condition=models.Q(owed=0) | models.Q(balance=0), name="billing_owes_only_with_empty_balance"
            ),
        ]

    def __str__(self) -> str:
        return f"credit account {self.pk}"


class LedgerEntry(models.Model):
    """One change to a balance. Database triggers reject UPDATE, DELETE and TRUNCATE."""

    class Type(models.TextChoices):
        """The cause of a change. A chargeback removes the credits of a refunded or disputed payment."""

        PURCHASE = "purchase"
        GENERATION = "generation", "Charge"
        REFUND = "refund"
        GRANT = "grant"
        ADJUSTMENT = "adjustment"
        CHARGEBACK = "chargeback", "Reversal"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID(), editable=False)
    # The indexes below start with this column.
    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="entries", db_index=False)
    # 1, 2, 3 … within the account, in the order of the changes.
    position = models.BigIntegerField()
    type = models.CharField(max_length=12, choices=Type)
    # Signed whole credits.
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    # Text for the user. It contains no prompt and no name, because entries outlive the user.
    description = models.CharField(max_length=200)
    # Why an image was refunded: its error code, or ledger.STAFF_REASON. Empty for other entries.
    reason = models.CharField(max_length=40, blank=True, default="", db_default="")
    # The image of a charge or refund, the purchase of other types.
    reference_id = models.UUIDField(null=True)
    # The API key of the charge. Not a foreign key, because entries outlive the key.
    api_key_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "ledger entries"
        indexes = [
            # Lists and sums a period of one account without reading its other entries.
            models.Index(
                fields=["account", "created_at"],
                include=["type", "amount", "reference_id"],
                name="billing_entries_by_time",
            ),
            # Lists and sums a period of all accounts for staff, newest first.
            models.Index(fields=["-created_at", "-id"], include=["type", "amount"], name="billing_entries_newest"),
        ]
        constraints = [
            # With positions that count up by one, each entry can be checked against the previous one.
            models.UniqueConstraint(fields=["account", "position"], name="billing_entry_position_once"),
            # An entry changes the balance.
            models.CheckConstraint(condition=~models.Q(amount=0), name="billing_entry_changes_something"),
            # A balance cannot be overdrawn, at any point of its history.
            models.CheckConstraint(condition=models.Q(balance_after__gte=0), name="billing_entry_balance_not_negative"),
            # Charges and chargebacks deduct credits; purchases, refunds and grants add them.
            models.CheckConstraint(
                condition=models.Q(type__in=["generation", "chargeback"], amount__lt=0)
                | models.Q(type__in=["purchase", "refund", "grant"], amount__gt=0)
                | models.Q(type="adjustment"),
                name="billing_entry_sign_fits_type",
            ),
            # An image is charged once and refunded once; a purchase is credited once.
            models.UniqueConstraint(
                fields=["reference_id", "type"],
                condition=models.Q(type__in=["generation", "refund", "purchase"]),
                name="billing_entry_once_per_reference",
            ),
            # The unique constraint above ignores entries without a reference.
            models.CheckConstraint(
                condition=~models.Q(type__in=["generation", "refund", "purchase"])
                | models.Q(reference_id__isnull=False),
                name="billing_entry_names_its_reference",
            ),
            # Only refunds have a reason. That every refund has one is not required yet: processes of the previous
            # version, which run beside this one during an upgrade, don't write it.
            models.CheckConstraint(
                condition=models.Q(type="refund") | models.Q(reason=""), name="billing_entry_reason_of_refund"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount:+} ({self.type})"


class KeySpending(models.Model):
    """Whole credits that one API key spent in one calendar month (UTC): charges minus their refunds."""

    pk = models.CompositePrimaryKey("api_key_id", "month")
    api_key_id = models.UUIDField()
    month = models.DateField()
    spent = models.BigIntegerField()
    # The key's monthly cap when its owner was emailed that it is nearly spent; null until then.
    alerted_cap = models.PositiveIntegerField(null=True)

    class Meta:
        # Lets the alerts find the keys of this month.
        indexes = [models.Index(fields=["month"], name="billing_spending_of_month")]
        constraints = [
            # Refunds cannot exceed the charges of the month.
            models.CheckConstraint(condition=models.Q(spent__gte=0), name="billing_spent_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.spent} in {self.month:%Y-%m}"


class Pack(models.Model):
    """An amount of credits on sale at a price. Staff edit packs in the admin."""

    credits = models.PositiveIntegerField(unique=True)
    # US cents.
    price_cents = models.PositiveIntegerField("price in cents")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ("credits",)
        constraints = [
            # A pack contains credits and is not free.
            models.CheckConstraint(
                condition=models.Q(credits__gt=0, price_cents__gt=0), name="billing_pack_sells_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credits:,} credits for ${self.price}"

    @property
    def price(self) -> Decimal:
        """The price in US dollars."""
        return Decimal(self.price_cents) / 100

    @property
    def price_label(self) -> str:
        """The price without empty cents: $5, or $4.50."""
        return dollars(self.price_cents).removesuffix(".00")


class Purchase(models.Model):
    """One payment for a pack: credits and price at the time of the purchase, and the state of the payment."""

    class Status(models.TextChoices):
        """The state of the payment. A paid purchase stays paid, even if it is refunded or disputed later."""

        OPEN = "open", "Incomplete"
        PENDING = "pending", "Processing"
        PAID = "paid", "Paid"
        FAILED = "failed", "Declined"
        EXPIRED = "expired", "Expired"
        REVIEW = "review", "Under review"

    class Dispute(models.TextChoices):
        """The state of a dispute that the card holder opened with their bank."""

        NONE = "", "None"
        OPEN = "open", "Open"
        WON = "won", "Won"
        LOST = "lost", "Lost"

    UNFINISHED = (Status.OPEN, Status.PENDING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The account instead of the user: it is kept when the user is deleted.
    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="purchases", db_index=False)
    # The payment gateway: "stripe", or "simulated" in development.
    gateway = models.CharField(max_length=10)
    credits = models.PositiveIntegerField()
    # US cents.
    price_cents = models.PositiveIntegerField("price in cents")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField(db_default=Now())
    paid_at = models.DateTimeField(null=True)
    # The gateway's ids of the checkout session and of its payment.
    session_id = models.CharField(max_length=255, null=True, unique=True)
    payment_id = models.CharField(max_length=255, null=True, unique=True)
    # Label of the payment method: "Visa ending 4242".
    paid_with = models.CharField(max_length=80, blank=True)
    refunded_cents = models.PositiveIntegerField(default=0)
    disputed_cents = models.PositiveIntegerField(default=0)
    dispute = models.CharField(max_length=4, choices=Dispute, blank=True)
    # Credits clawed back with returned money, whether deducted from the balance or owed.
    credits_clawed_back = models.PositiveIntegerField(default=0, db_column="credits_taken_back")
    # The part of them that was deducted from the balance; the rest became a debt.
    credits_removed = models.PositiveIntegerField(default=0, db_default=0)
    # Number of syncs with the gateway so far, and the number of the sync whose response was applied last. The response
    # of an earlier sync is ignored: see purchase_sync.
    syncs_started = models.PositiveIntegerField(default=0, db_column="looks")
    last_applied_sync = models.PositiveIntegerField(default=0, db_column="last_look")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="billing_purchases_of_account"),
            models.Index(fields=["-created_at", "-id"], name="billing_purchases_newest_first"),
        ]
        constraints = [
            # A purchase contains credits and is not free.
            models.CheckConstraint(
                condition=models.Q(credits__gt=0, price_cents__gt=0), name="billing_purchase_buys_something"
            ),
            # paid_at is set if and only if the purchase is paid.
            models.CheckConstraint(
                condition=models.Q(status="paid", paid_at__isnull=False)
                | (~models.Q(status="paid") & models.Q(paid_at__isnull=True)),
                name="billing_purchase_paid_at_when_paid",
            ),
            # Only credits of a paid purchase are clawed back, and no more than it contained.
            models.CheckConstraint(
                condition=models.Q(credits_clawed_back=0)
                | models.Q(status="paid", credits_clawed_back__lte=models.F("credits")),
                name="billing_purchase_takes_back_what_it_gave",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credits:,} credits for {self.price_label}"

    @property
    def price_label(self) -> str:
        """The price with cents, as on a receipt: $20.00."""
        return dollars(self.price_cents)

    @property
    def returned_cents(self) -> int:
        """The US cents returned by refunds and disputes: a bank can claim money that was refunded before."""
        return min(self.price_cents, self.refunded_cents + self.disputed_cents)

    @property
    def returned_label(self) -> str:
        """The money returned, with cents: $20.00."""
        return dollars(self.returned_cents)

    @property
    def outcome(self) -> str:
        """The status, including later refunds and disputes; a dispute takes precedence over a refund."""
        if self.dispute == self.Dispute.OPEN:
            return "Disputed"
        if self.dispute == self.Dispute.LOST:
            return "Dispute lost"
        if self.refunded_cents >= self.price_cents:
            return "Refunded"
        return "Partly refunded" if self.refunded_cents else self.get_status_display()

    @property
    def is_unfinished(self) -> bool:
        """Whether the payment may still arrive."""
        return self.status in self.UNFINISHED


class PaymentEvent(models.Model):
    """A received webhook event: its type, the gateway's id of its subject, and its purchase (null: not of this site).

    The payload is not stored, because it contains personal data.
    """

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=80)
    about = models.CharField(max_length=255)
    purchase = models.ForeignKey(Purchase, null=True, on_delete=models.SET_NULL, related_name="events")
    received_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.type} ({self.id})"


class SimulatedPayment(models.Model):
    """State of a payment with the simulated gateway; it replaces the state that Stripe keeps."""

    session_id = models.CharField(max_length=255, primary_key=True)
    purchase = models.OneToOneField(Purchase, on_delete=models.CASCADE, related_name="simulated")
    status = models.CharField(max_length=8, choices=Purchase.Status, default=Purchase.Status.OPEN)
    refunded_cents = models.PositiveIntegerField(default=0)
    dispute = models.CharField(max_length=4, choices=Purchase.Dispute, blank=True)

    def __str__(self) -> str:
        return self.session_id


class SignupGrant(models.Model):
    """Record that sign-up credits were granted: a keyed digest of an email address or of a user id.

    It is kept when the user is deleted. The address or id cannot be recovered from it.
    """

    digest = models.BinaryField(max_length=32, primary_key=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()[:8]
