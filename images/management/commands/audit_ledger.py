"""Check every rule of the ledger from the rows alone."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from images import audit


class Command(BaseCommand):
    help = (
        "Check balances, running balances, charges and refunds. Prints what it counted and each breach; exit 1 on any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, number in audit.counts().items():
            self.stdout.write(f"{number:>12,} {name}")
        found = 0
        for breach in audit.breaches():
            found += 1
            self.stdout.write(f"{breach.subject}: {breach.problem}  (rule: {breach.rule})")
        self.stdout.write(f"{found:>12,} breaches of {len(audit.CHECKS)} rules")
        if found:
            sys.exit(1)
