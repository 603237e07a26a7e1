"""The cap for which a key's owner has received an email."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Charges write the spending of keys while this runs.
    atomic = False
    dependencies = [("billing", "0014_credits_removed")]

    operations = [
        migrations.AddField("keyspending", "alerted_cap", models.PositiveIntegerField(null=True)),
        AddIndexConcurrently("keyspending", models.Index(fields=["month"], name="billing_spending_of_month")),
    ]
