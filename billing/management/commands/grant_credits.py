"""Command that adds free credits to a user's balance and records the reason in the ledger."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from billing import ledger
from billing.money import credits_text

REASON_MAX_CHARACTERS = 200


class Command(BaseCommand):
    help = "Grant credits to a user. The reason appears in the user's ledger, so don't include a name or a prompt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="email address of the user")
        parser.add_argument("amount", type=int, help="whole credits, 1 or more")
        parser.add_argument("--reason", required=True, help=f"at most {REASON_MAX_CHARACTERS} characters")

    def handle(self, *args: Any, **options: Any) -> None:
        reason = options["reason"].strip()
        if not 1 <= len(reason) <= REASON_MAX_CHARACTERS:
            raise CommandError(f"--reason must have 1 to {REASON_MAX_CHARACTERS} characters.")
        user = User.objects.with_email(options["email"]).first()
        if user is None:
            raise CommandError(f"No account has the email address {options['email']}.")
        try:
            receipt = ledger.grant(user.id, amount=options["amount"], reason=reason)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.email} has {credits_text(receipt.balance_after)}.")
