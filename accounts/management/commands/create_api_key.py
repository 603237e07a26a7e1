"""Command that creates an API key. Standard output contains only the secret, for use in scripts."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts import api_keys
from accounts.models import User
from infrastructure.exceptions import ServiceError


class Command(BaseCommand):
    help = "Create an API key and print its secret, which can't be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="email address of the key's owner")
        parser.add_argument("name", help="name of the key (1 to 80 characters)")
        parser.add_argument("--create-user", action="store_true", help="create the account if it doesn't exist")
        parser.add_argument(
            "--monthly-cap", type=int, metavar="N", help="credits that the key may spend per month (UTC)"
        )
        parser.add_argument(
            "--confirm-above",
            type=int,
            metavar="N",
            help="price in credits above which an image over MCP needs a person's confirmation",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["monthly_cap"] is not None and options["monthly_cap"] < 1:
            raise CommandError("--monthly-cap must be at least 1.")
        if options["confirm_above"] is not None and options["confirm_above"] < 0:
            raise CommandError("--confirm-above must be at least 0.")
        user = self._user(options["email"], create=options["create_user"])
        try:
            _, secret = api_keys.create(
                user,
                name=options["name"],
                monthly_credit_cap=options["monthly_cap"],
                confirm_above=options["confirm_above"],
            )
        except ServiceError as error:
            raise CommandError(error.message) from error
        self.stdout.write(secret)

    def _user(self, email: str, *, create: bool) -> User:
        user = User.objects.with_email(email).first()
        if user is None and not create:
            raise CommandError(f"No account has the email address {email}. Add --create-user to create one.")
        try:
            return user or User.objects.create_user(email)
        except ValidationError as error:
            raise CommandError(f"Invalid email address {email!a}: {error.messages[0]}") from error
