"""SQL statements of `billing.ledger`, one per kind of change.

Each statement checks the change, updates the account and inserts the ledger entry. It returns a row only if the change
was made.
"""

# The CTE `moment` fixes one timestamp when the statement runs, so that the entry and the month of the key's spending
# agree, even if the transaction began in the previous month. Each later CTE depends on a row of the one before, so a
# rejected charge changes nothing.
CHARGE = """
WITH moment AS MATERIALIZED (
    SELECT clock_timestamp() AS at
), account AS (
    SELECT id FROM billing_creditaccount WHERE user_id = %(user)s AND balance >= %(credits)s FOR UPDATE
), spending AS (
    INSERT INTO billing_keyspending AS s (api_key_id, month, spent)
    SELECT %(key)s::uuid, date_trunc('month', at AT TIME ZONE 'UTC')::date, %(credits)s FROM moment, account
    WHERE %(key)s::uuid IS NOT NULL AND (%(cap)s::bigint IS NULL OR %(credits)s <= %(cap)s)
    ON CONFLICT (api_key_id, month) DO UPDATE SET spent = s.spent + excluded.spent
    WHERE %(cap)s::bigint IS NULL OR s.spent + excluded.spent <= %(cap)s
    RETURNING spent
), updated AS (
    UPDATE billing_creditaccount a SET balance = balance - %(credits)s, entry_count = entry_count + 1
    FROM account
    WHERE a.id = account.id AND balance >= %(credits)s AND (%(key)s::uuid IS NULL OR EXISTS (SELECT FROM spending))
    RETURNING a.id, balance, entry_count
)
INSERT INTO billing_ledgerentry
    (account_id, position, type, amount, balance_after, description, reference_id, api_key_id, created_at)
SELECT id, entry_count, 'generation', -%(credits)s, balance, %(description)s, %(reference)s, %(key)s, at
FROM updated, moment
RETURNING balance_after, created_at
"""

# Adds the credits of the preceding CTE `income` and repays credits owed first, in a second entry right after the first.
# `income` is one row: the locked account, the amount, the part of it to repay and the columns of the entry. All new
# values are computed from `income`: if this statement waited for the lock, PostgreSQL evaluates the SET clause with the
# row as it was when the statement began, and a mix of both versions would violate the constraints.
ADD_INCOME = """
updated AS (
    UPDATE billing_creditaccount a SET
        balance = income.balance + income.amount - income.repaid,
        owed = income.owed - income.repaid,
        entry_count = income.entry_count + 1 + (income.repaid > 0)::int,
        alerted_at = CASE WHEN income.tops_up AND income.balance + income.amount - income.repaid >= a.alert_level
                          THEN NULL ELSE a.alerted_at END
    FROM income WHERE a.id = income.account_id
    RETURNING a.id, a.balance, a.entry_count
), inserted AS (
    INSERT INTO billing_ledgerentry
        (account_id, position, type, amount, balance_after, description, reason, reference_id, api_key_id, created_at)
    SELECT id, updated.entry_count - (repaid > 0)::int, type, amount, updated.balance + repaid, description, reason,
           reference_id, api_key_id, clock_timestamp()
    FROM updated, income
    UNION ALL
    SELECT id, updated.entry_count, 'chargeback', -repaid, updated.balance, %(repayment)s, '', NULL, NULL,
           clock_timestamp()
    FROM updated, income WHERE repaid > 0
    RETURNING balance_after, created_at, position
)
SELECT balance_after, created_at FROM inserted ORDER BY position DESC LIMIT 1
"""

# A refund reverses the one charge with its reference, and reduces the key's spending in the month of that charge.
REFUND = f"""
WITH charge AS (
    SELECT account_id, reference_id, api_key_id, -amount AS credits,
           date_trunc('month', created_at AT TIME ZONE 'UTC')::date AS month
    FROM billing_ledgerentry WHERE reference_id = %(reference)s AND type = 'generation'
), spending AS (
    UPDATE billing_keyspending s SET spent = s.spent - charge.credits FROM charge
    WHERE s.api_key_id = charge.api_key_id AND s.month = charge.month
), income AS (
    SELECT a.id AS account_id, charge.credits AS amount, LEAST(a.owed, charge.credits) AS repaid, 'refund' AS type,
           %(description)s::text AS description, %(reason)s::text AS reason, charge.reference_id, charge.api_key_id,
           FALSE AS tops_up, a.balance, a.owed, a.entry_count
    FROM charge JOIN billing_creditaccount a ON a.id = charge.account_id FOR UPDATE OF a
), {ADD_INCOME}"""  # noqa: S608 - joined from constants

ADD = f"""
WITH income AS (
    SELECT id AS account_id, %(amount)s::bigint AS amount, LEAST(owed, GREATEST(%(amount)s, 0)) AS repaid,
           %(type)s::text AS type, %(description)s::text AS description, '' AS reason,
           %(reference)s::uuid AS reference_id, NULL::uuid AS api_key_id, TRUE AS tops_up, balance, owed, entry_count
    FROM billing_creditaccount
    WHERE (user_id = %(user)s::uuid OR id = %(account)s::bigint) AND balance + %(amount)s >= 0 FOR UPDATE
), {ADD_INCOME}"""  # noqa: S608 - joined from constants

# Deducts as much as the balance holds and records the rest as owed.
CLAW_BACK = """
WITH account AS (
    SELECT id, balance, owed, entry_count, LEAST(balance, %(credits)s) AS deducted
    FROM billing_creditaccount WHERE id = %(account)s FOR UPDATE
), updated AS (
    UPDATE billing_creditaccount a SET
        balance = account.balance - account.deducted, owed = account.owed + %(credits)s - account.deducted,
        entry_count = account.entry_count + (account.deducted > 0)::int
    FROM account WHERE a.id = account.id
    RETURNING a.id, a.balance, a.entry_count, account.deducted
)
INSERT INTO billing_ledgerentry
    (account_id, position, type, amount, balance_after, description, reference_id, created_at)
SELECT id, entry_count, 'chargeback', -deducted, balance,
       %(description)s || CASE %(credits)s - deducted
           WHEN 0 THEN '' WHEN 1 THEN ', 1 more credit owed'
           ELSE format(', %%s more credits owed', %(credits)s - deducted)
       END,
       %(reference)s, clock_timestamp()
FROM updated WHERE deducted > 0
RETURNING -amount
"""

SPENT_THIS_MONTH = """
SELECT spent FROM billing_keyspending
WHERE api_key_id = %(key)s AND month = date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date
"""
