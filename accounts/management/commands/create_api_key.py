"""Create an API key from the command line: its secret, and nothing else, goes to standard output."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import api_keys
from accounts.models import User
from infrastructure.exceptions import ServiceError


class Command(BaseCommand):
    help = "Create an API key and print its secret, which cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the owner's e-mail address")
        parser.add_argument("name", help="what the key is called (1 to 80 characters)")
        parser.add_argument("--create-user", action="store_true", help="create the user if the address is unknown")
        parser.add_argument("--monthly-cap", type=int, metavar="N", help="credits the key may spend in a month (UTC)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["monthly_cap"] is not None and options["monthly_cap"] < 1:
            raise CommandError("--monthly-cap takes a whole number of credits, 1 or more.")
        user = self.user(options["email"], create=options["create_user"])
        try:
            _, secret = api_keys.create(user, name=options["name"], monthly_credit_cap=options["monthly_cap"])
        except ServiceError as error:
            raise CommandError(error.message) from error
        self.stdout.write(secret)

    def user(self, email: str, *, create: bool) -> User:
        user = User.objects.filter(email__iexact=email).first()
        if user is None and not create:
            raise CommandError(f"Nobody has the address {email}. Add --create-user to create an account for it.")
        return user or User.objects.create_user(email)
