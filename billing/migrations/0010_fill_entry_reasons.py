"""Fill LedgerEntry.reason of existing refunds from their descriptions, and validate its constraint."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

# The trigger of migration 0002 calls this function and rejects every UPDATE of an entry. It is replaced for the UPDATE
# below and restored in the same transaction: other sessions never see the replacement, and no lock on the table is
# taken that would block charges meanwhile (ALTER TABLE ... DISABLE TRIGGER would take one).
ALLOW_UPDATE = """
CREATE OR REPLACE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEW;
END $$;
"""

# The description of a refund is "Refund: " and the reason; that of a staff refund begins with "Refund: staff".
FILL = """
UPDATE billing_ledgerentry
SET reason = CASE WHEN description LIKE 'Refund: staff%' THEN 'staff' ELSE left(substr(description, 9), 40) END
WHERE type = 'refund' AND reason = '' AND description LIKE 'Refund: %';
"""

REJECT_UPDATE = """
CREATE OR REPLACE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger entries are never changed or removed'
        USING ERRCODE = 'restrict_violation', HINT = 'Write an entry that sets the balance right instead.';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_entry_reason")]

    operations = [
        # The reverse leaves the reasons: migration 0009 removes them with their column.
        migrations.RunSQL([ALLOW_UPDATE, FILL, REJECT_UPDATE], migrations.RunSQL.noop),
        ValidateConstraint(model_name="ledgerentry", name="billing_entry_reason_of_refund"),
    ]
