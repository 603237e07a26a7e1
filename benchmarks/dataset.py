"""A dataset of a million images and three million ledger entries, generated in SQL to resemble years of use.

Triggers are disabled during the inserts, and the sums that they maintain are computed at the end. The audit that
follows reads every row and would find any difference.
"""

import uuid
from typing import Final

from django.db import connection

IMAGES = 1_000_000
USERS = 1_000
# Images of the first user; the other users share the rest.
IMAGES_OF_FIRST = 200_000
DAYS = 400

USER_ROWS: Final = """
INSERT INTO accounts_user (id, email, password, is_active, is_staff, is_superuser, date_joined)
SELECT gen_random_uuid(), 'benchmark-' || number || '@example.com', '!', TRUE, FALSE, FALSE, now() - interval '2 years'
FROM generate_series(1, %(users)s) AS number;
CREATE TEMPORARY TABLE person AS
    SELECT row_number() OVER (ORDER BY length(email), email)::int AS number, id AS user_id, gen_random_uuid() AS key_id
    FROM accounts_user WHERE email LIKE 'benchmark-%%';
CREATE UNIQUE INDEX ON person (number);
INSERT INTO accounts_apikey (id, user_id, name, digest, last_four, last_used_client, created_at)
    SELECT key_id, user_id, 'Laptop', sha256(key_id::text::bytea), 'abcd', '', now() - interval '2 years' FROM person;
INSERT INTO billing_creditaccount (user_id) SELECT user_id FROM person;
"""

IMAGE_ROWS: Final = """
INSERT INTO images_image (
    id, user_id, api_key_id, status, created_at, finished_at, prompt, style, model_id, provider_id, aspect_ratio,
    credit_cost, attempt, provider_calls, error_code, error_message, picture_name, thumbnail_name, media_type,
    width, height, byte_size, sha256, swept_at
)
SELECT id, person.user_id, person.key_id, CASE WHEN fails THEN 'failed' ELSE 'succeeded' END, at, at + interval '20 s',
       format('A %%s %%s near the %%s, number %%s',
              (ARRAY['red', 'blue', 'silent', 'broken', 'golden', 'tiny', 'ancient', 'wooden'])[1 + n %% 8],
              (ARRAY['lighthouse', 'fox', 'bridge', 'teapot', 'violin', 'harbour', 'garden'])[1 + n %% 7],
              (ARRAY['sea', 'forest', 'station', 'river', 'market'])[1 + n %% 5], n),
       '', (ARRAY['openai:gpt-image-2', 'google:gemini-2.5-flash-image'])[1 + n %% 2],
       (ARRAY['openai', 'google'])[1 + n %% 2], '1:1', (ARRAY[5, 3])[1 + n %% 2], 1, 1,
       CASE WHEN fails THEN 'provider_error' ELSE '' END, CASE WHEN fails THEN 'No picture.' ELSE '' END,
       CASE WHEN fails THEN '' ELSE 'images/' || id || '/1.png' END,
       CASE WHEN fails THEN '' ELSE 'images/' || id || '/1-thumbnail.webp' END,
       CASE WHEN fails THEN '' ELSE 'image/png' END, 1024, 1024, CASE WHEN fails THEN NULL ELSE 1048576 END,
       CASE WHEN fails THEN '' ELSE repeat('0', 64) END, at
FROM (
    SELECT n, gen_random_uuid() AS id, n %% 10 = 0 AS fails,
           now() - interval '1 hour' - n * (interval '1 day' * %(days)s / %(images)s) AS at,
           CASE WHEN n / 10 %% (%(images)s / %(first)s) = 0 THEN 1 ELSE 2 + n %% (%(users)s - 1) END AS owner
    FROM (
        SELECT (number * 7919::bigint %% %(images)s)::int AS n FROM generate_series(1, %(images)s) AS number
    ) AS shuffled
) AS image
JOIN person ON person.number = image.owner;
"""

# Three entries for each image: a grant of its cost, the charge, and a refund or a grant of one credit.
ENTRY_ROWS: Final = """
INSERT INTO billing_ledgerentry
    (id, account_id, position, type, amount, balance_after, description, reference_id, api_key_id, created_at)
SELECT gen_random_uuid(), account_id, row_number() OVER steps, type, amount, sum(amount) OVER steps,
       type || ' of the benchmark', reference_id, api_key_id, at
FROM (
    SELECT a.id AS account_id, i.id AS image_id, step.number AS step, i.api_key_id AS key_id,
           CASE step.number WHEN 1 THEN 'grant' WHEN 2 THEN 'generation'
                ELSE CASE i.status WHEN 'failed' THEN 'refund' ELSE 'grant' END END AS type,
           CASE step.number WHEN 1 THEN i.credit_cost WHEN 2 THEN -i.credit_cost
                ELSE CASE i.status WHEN 'failed' THEN i.credit_cost ELSE 1 END END AS amount,
           CASE WHEN step.number = 2 OR step.number = 3 AND i.status = 'failed' THEN i.id END AS reference_id,
           CASE WHEN step.number = 2 OR step.number = 3 AND i.status = 'failed' THEN i.api_key_id END AS api_key_id,
           i.created_at + step.number * interval '1 ms' AS at
    FROM images_image i
    JOIN billing_creditaccount a ON a.user_id = i.user_id
    JOIN person ON person.user_id = i.user_id
    CROSS JOIN generate_series(1, 3) AS step (number)
) AS entry
WINDOW steps AS (PARTITION BY account_id ORDER BY at, image_id, step ROWS UNBOUNDED PRECEDING);
"""

SUMS: Final = """
UPDATE billing_creditaccount a SET balance = e.balance, entry_count = e.entries
FROM (SELECT account_id, sum(amount) AS balance, count(*) AS entries FROM billing_ledgerentry GROUP BY 1) e
WHERE e.account_id = a.id;
INSERT INTO images_imagecount (user_id, status, images)
    SELECT user_id, status, count(*) FROM images_image JOIN person USING (user_id) GROUP BY 1, 2;
INSERT INTO images_spendsummary (user_id, day, model_id, images, credits)
    SELECT user_id, (created_at AT TIME ZONE 'UTC')::date, model_id, count(*), sum(credit_cost)
    FROM images_image JOIN person USING (user_id) WHERE status <> 'failed' GROUP BY 1, 2, 3;
INSERT INTO billing_keyspending (api_key_id, month, spent)
    SELECT c.api_key_id, date_trunc('month', c.created_at AT TIME ZONE 'UTC')::date,
           -sum(c.amount) - COALESCE(sum(r.amount), 0)
    FROM billing_ledgerentry c
    LEFT JOIN billing_ledgerentry r ON r.reference_id = c.reference_id AND r.type = 'refund'
    WHERE c.type = 'generation' AND c.description LIKE '%% of the benchmark' AND c.api_key_id IS NOT NULL
    GROUP BY 1, 2;
"""

# Indexes without a constraint are dropped and rebuilt after the inserts, which takes a third of the time.
INDEXES: Final = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
WHERE i.indrelid IN ('images_image'::regclass, 'billing_ledgerentry'::regclass) AND c.oid IS NULL
"""


def create() -> uuid.UUID:
    """Insert all rows and return the id of the user with the most images."""
    numbers = {"images": IMAGES, "users": USERS, "first": IMAGES_OF_FIRST, "days": DAYS}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'")
        cursor.execute(INDEXES)
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for statement in (USER_ROWS, IMAGE_ROWS, ENTRY_ROWS):
            cursor.execute(statement, numbers)
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute(SUMS, {})
        cursor.execute("SELECT user_id FROM person WHERE number = 1")
        first: uuid.UUID = cursor.fetchone()[0]
    # The settings above last as long as the connection.
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return first
