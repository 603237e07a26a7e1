"""What PostgreSQL itself holds of the ledger, whatever code writes to it."""

from django.db import migrations

# Entries are facts: they are added and never changed. (Truncating is refused too; a test's reset goes round it.)
IMMUTABLE = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger entries are never changed or removed'
        USING ERRCODE = 'restrict_violation', HINT = 'Write an entry that sets the balance right instead.';
END $$;

CREATE TRIGGER billing_entries_are_immutable
    BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();

CREATE TRIGGER billing_entries_are_not_truncated
    BEFORE TRUNCATE ON billing_ledgerentry
    FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""

# Each entry follows from the one before it: positions count up by one, balances add up.
CONTINUOUS = """
CREATE FUNCTION billing_check_entry() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER billing_entries_are_continuous
    AFTER INSERT ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_check_entry();
"""

# At every commit an account says what its last entry says: with the trigger above, balance = sum(entries).
BALANCED = """
CREATE FUNCTION billing_check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE CONSTRAINT TRIGGER billing_balance_is_last_entry
    AFTER INSERT OR UPDATE OF balance, entry_count ON billing_creditaccount
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_check_balance();

CREATE CONSTRAINT TRIGGER billing_last_entry_is_balance
    AFTER INSERT ON billing_ledgerentry
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_check_balance();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RunSQL(
            IMMUTABLE,
            """
            DROP TRIGGER billing_entries_are_not_truncated ON billing_ledgerentry;
            DROP TRIGGER billing_entries_are_immutable ON billing_ledgerentry;
            DROP FUNCTION billing_refuse_change();
            """,
        ),
        migrations.RunSQL(
            CONTINUOUS,
            """
            DROP TRIGGER billing_entries_are_continuous ON billing_ledgerentry;
            DROP FUNCTION billing_check_entry();
            """,
        ),
        migrations.RunSQL(
            BALANCED,
            """
            DROP TRIGGER billing_last_entry_is_balance ON billing_ledgerentry;
            DROP TRIGGER billing_balance_is_last_entry ON billing_creditaccount;
            DROP FUNCTION billing_check_balance();
            """,
        ),
    ]
