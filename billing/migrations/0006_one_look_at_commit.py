"""The same promise at every commit, kept with less work for a charge: one check of the entry, one of the account."""

import django.db.models.deletion
from django.db import migrations, models

# An entry must follow from the one before, and its account must count it already. So an entry cannot come alone: an
# account that was not changed counts only the entries that it had. And whoever changes an account is held to its last
# entry at the commit, which an entry would otherwise ask for a second time.
CONTINUOUS = """
CREATE OR REPLACE FUNCTION billing_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    balance_before bigint;
    counted bigint;
BEGIN
    SELECT a.entry_count, e.balance_after INTO counted, balance_before FROM billing_creditaccount a
    LEFT JOIN billing_ledgerentry e ON e.account_id = a.id AND e.position = NEW.position - 1
    WHERE a.id = NEW.account_id;
    IF NEW.position = 1 THEN
        balance_before := 0;
    END IF;
    IF balance_before IS NULL OR balance_before + NEW.amount <> NEW.balance_after THEN
        RAISE EXCEPTION 'ledger entry % of account % does not follow from the one before', NEW.position, NEW.account_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF counted < NEW.position THEN
        RAISE EXCEPTION 'balance of account % differs from its ledger', NEW.account_id
            USING ERRCODE = 'check_violation', HINT = 'Change the account first, or in the same statement.';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER billing_last_entry_is_balance ON billing_ledgerentry;
"""

BALANCED = """
CREATE OR REPLACE FUNCTION billing_check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM billing_creditaccount a
    LEFT JOIN LATERAL (
        SELECT balance_after, position FROM billing_ledgerentry WHERE account_id = a.id ORDER BY position DESC LIMIT 1
    ) last ON TRUE
    WHERE a.id = NEW.id
      AND (a.balance <> COALESCE(last.balance_after, 0) OR a.entry_count <> COALESCE(last.position, 0));
    IF FOUND THEN
        RAISE EXCEPTION 'balance of account % differs from its ledger', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""

BEFORE = """
CREATE OR REPLACE FUNCTION billing_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    balance_before bigint;
BEGIN
    IF NEW.position = 1 THEN
        balance_before := 0;
    ELSE
        SELECT balance_after INTO balance_before FROM billing_ledgerentry
        WHERE account_id = NEW.account_id AND position = NEW.position - 1;
    END IF;
    IF balance_before IS NULL OR balance_before + NEW.amount <> NEW.balance_after THEN
        RAISE EXCEPTION 'ledger entry % of account % does not follow from the one before', NEW.position, NEW.account_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION billing_check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    checked_id bigint;
    account billing_creditaccount%ROWTYPE;
    last_balance bigint;
    last_position bigint;
BEGIN
    IF TG_TABLE_NAME = 'billing_creditaccount' THEN checked_id := NEW.id; ELSE checked_id := NEW.account_id; END IF;
    SELECT * INTO account FROM billing_creditaccount WHERE id = checked_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT balance_after, position INTO last_balance, last_position FROM billing_ledgerentry
    WHERE account_id = account.id ORDER BY position DESC LIMIT 1;
    IF account.balance <> COALESCE(last_balance, 0) OR account.entry_count <> COALESCE(last_position, 0) THEN
        RAISE EXCEPTION 'balance of account % differs from its ledger', account.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER billing_last_entry_is_balance
    AFTER INSERT ON billing_ledgerentry
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_check_balance();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_entries_by_time")]

    operations = [
        migrations.RunSQL([CONTINUOUS, BALANCED], BEFORE),
        # Two indexes begin with the account: one of its own was only work for every charge.
        migrations.AlterField(
            model_name="ledgerentry",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="billing.creditaccount",
            ),
        ),
    ]
