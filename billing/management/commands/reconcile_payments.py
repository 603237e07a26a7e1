"""Compare purchases with Stripe by hand: what every worker has done once an hour."""

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
        "Compare the purchases of the last days with the payment service, and repair what a lost webhook left open. "
        "Prints what was repaired, and checkouts that are no purchase of ours; exit 1 if something stays wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="how many days back (7)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("--days takes 1 or more.")
        try:
            report = reconciliation.reconcile(timezone.now() - timedelta(days=options["days"]))
        except ServiceError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{report.compared} purchases compared, {len(report.repaired)} repaired")
        for line in report.repaired:
            self.stdout.write(f"repaired {line}")
        for session_id in report.unknown:
            self.stdout.write(f"unknown checkout {session_id}")
        for line in report.failed:
            self.stdout.write(f"not compared {line}")
        if report.failed:
            sys.exit(1)
