"""Command that compares purchases with the payment service, as a worker does every hour."""

import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.payments import reconciliation
from infrastructure.exceptions import ServiceError


class Command(BaseCommand):
    help = (
        "Compare recent purchases with the payment service and repair those whose webhook event was lost. "
        "Prints each repaired purchase and each checkout without a purchase; exits 1 if a purchase could not be "
        "compared."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="how many days back to compare (7)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("--days must be 1 or more.")
        try:
            report = reconciliation.reconcile(timezone.now() - timedelta(days=options["days"]))
        except ServiceError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{report.compared} purchases compared, {len(report.repairs)} repaired")
        for line in report.repairs:
            self.stdout.write(f"repaired {line}")
        for session_id in report.unknown_sessions:
            self.stdout.write(f"unknown checkout {session_id}")
        for line in report.failures:
            self.stdout.write(f"not compared {line}")
        if report.failures:
            sys.exit(1)
