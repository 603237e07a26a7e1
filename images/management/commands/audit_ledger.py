"""Command that audits the ledger and the images, and prints every breach."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from images import audit


class Command(BaseCommand):
    help = (
        "Check balances, running balances, charges and refunds. Prints the number of audited rows and every breach; "
        "exits with status 1 if there is any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, number in audit.counts().items():
            self.stdout.write(f"{number:>12,} {name}")
        breach_count = 0
        for breach in audit.breaches():
            breach_count += 1
            self.stdout.write(f"{breach.subject}: {breach.problem}  (rule: {breach.rule})")
        self.stdout.write(f"{breach_count:>12,} breaches of {len(audit.CHECKS)} rules")
        if breach_count:
            sys.exit(1)
