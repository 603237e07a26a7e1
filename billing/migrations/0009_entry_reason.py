"""Add LedgerEntry.reason, empty in existing rows. No step scans the table."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_one_look_at_commit")]

    operations = [
        migrations.AddField(
            model_name="ledgerentry",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        AddConstraintNotValid(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("type", "refund"), ("reason", ""), _connector="OR"),
                name="billing_entry_reason_of_refund",
            ),
        ),
    ]
