"""Reword the labels of two types of ledger entries; the table does not change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_status_labels")]

    operations = [
        migrations.AlterField(
            model_name="ledgerentry",
            name="type",
            field=models.CharField(
                choices=[
                    ("purchase", "Purchase"),
                    ("generation", "Charge"),
                    ("refund", "Refund"),
                    ("grant", "Grant"),
                    ("adjustment", "Adjustment"),
                    ("chargeback", "Reversal"),
                ],
                max_length=12,
            ),
        ),
    ]
