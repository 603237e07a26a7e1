"""Give a user credits from the command line, through the ledger and with a reason."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from billing import ledger

REASON_MAX_CHARACTERS = 200


class Command(BaseCommand):
    help = "Give a user credits. The reason stands in their ledger; do not put a name or a prompt in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the user's e-mail address")
        parser.add_argument("amount", type=int, help="whole credits, 1 or more")
        parser.add_argument("--reason", required=True, help=f"why, in at most {REASON_MAX_CHARACTERS} characters")

    def handle(self, *args: Any, **options: Any) -> None:
        reason = options["reason"].strip()
        if not 1 <= len(reason) <= REASON_MAX_CHARACTERS:
            raise CommandError(f"--reason takes 1 to {REASON_MAX_CHARACTERS} characters.")
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"Nobody has the address {options['email']}.")
        try:
            receipt = ledger.grant(user.id, amount=options["amount"], reason=reason)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{user.email} has {receipt.balance_after} credits.")
