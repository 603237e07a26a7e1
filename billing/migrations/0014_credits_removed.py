"""Add Purchase.credits_removed and fill it in purchases whose payment was returned, from their ledger entries."""

from django.db import migrations, models

# Exact unless the credits were reinstated and clawed back again, which the entries alone do not show.
FILL = """
UPDATE billing_purchase p SET credits_removed = LEAST(p.credits_taken_back, e.deducted)
FROM (
    SELECT reference_id, -sum(amount) AS deducted FROM billing_ledgerentry
    WHERE type = 'chargeback' AND reference_id IS NOT NULL GROUP BY reference_id
) e
WHERE e.reference_id = p.id AND p.credits_taken_back > 0
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_plain_purchase_names")]

    operations = [
        # A default of the column, so that the previous release can insert purchases.
        migrations.AddField(
            model_name="purchase", name="credits_removed", field=models.PositiveIntegerField(default=0, db_default=0)
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
