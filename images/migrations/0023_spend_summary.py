"""A daily summary of each user's images and credits by model, which triggers maintain in the transaction of each change.

The triggers also work for the previous release, which still runs beside this one and does not know the table.
"""

from django.db import migrations, models

# The rows of a deleted account are deleted with it.
TABLE = """
ALTER TABLE images_spendsummary ADD CONSTRAINT images_spendsummary_user
    FOREIGN KEY (user_id) REFERENCES accounts_user (id) ON DELETE CASCADE;
"""

# A request charges an account, and so locks it, before it inserts images; a refund locks it before its entry. Changes
# of one user's rows therefore wait for each other, and cannot deadlock.
TRIGGERS = """
CREATE FUNCTION images_add_spend(owner uuid, requested_at timestamptz, model text, images int, credits int)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO images_spendsummary AS s (user_id, day, model_id, images, credits)
    SELECT owner, (requested_at AT TIME ZONE 'UTC')::date, model, images_add_spend.images, images_add_spend.credits
    WHERE owner IS NOT NULL
    ON CONFLICT (user_id, day, model_id) DO UPDATE SET
        images = s.images + excluded.images, credits = s.credits + excluded.credits;
$$;

CREATE FUNCTION images_is_refunded(image_id uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM billing_ledgerentry WHERE reference_id = image_id AND type = 'refund');
$$;

CREATE FUNCTION images_spend_images() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND NOT images_is_refunded(OLD.id) THEN
        PERFORM images_add_spend(OLD.user_id, OLD.created_at, OLD.model_id, -1, -OLD.credit_cost);
    END IF;
    IF TG_OP <> 'DELETE' AND NOT (TG_OP = 'UPDATE' AND images_is_refunded(NEW.id)) THEN
        PERFORM images_add_spend(NEW.user_id, NEW.created_at, NEW.model_id, 1, NEW.credit_cost);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION images_spend_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM images_add_spend(user_id, created_at, model_id, -1, -credit_cost)
    FROM images_image WHERE id = NEW.reference_id;
    RETURN NULL;
END $$;

CREATE TRIGGER images_spend_added AFTER INSERT OR DELETE ON images_image
    FOR EACH ROW EXECUTE FUNCTION images_spend_images();
-- No release changes these columns of an image. A correction by hand must not leave the summary wrong.
CREATE TRIGGER images_spend_changed AFTER UPDATE OF created_at, model_id, credit_cost ON images_image
    FOR EACH ROW WHEN ((OLD.created_at, OLD.model_id, OLD.credit_cost)
                       IS DISTINCT FROM (NEW.created_at, NEW.model_id, NEW.credit_cost))
    EXECUTE FUNCTION images_spend_images();
CREATE TRIGGER images_spend_refunded AFTER INSERT ON billing_ledgerentry
    FOR EACH ROW WHEN (NEW.type = 'refund') EXECUTE FUNCTION images_spend_refund();
"""

# The triggers' locks on both tables last until the commit, so no image or refund is missed or counted twice. A million
# images take a few seconds, during which new requests wait.
FILL = """
INSERT INTO images_spendsummary (user_id, day, model_id, images, credits)
SELECT i.user_id, (i.created_at AT TIME ZONE 'UTC')::date, i.model_id, count(*), sum(i.credit_cost)
FROM images_image i
WHERE i.user_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM billing_ledgerentry r WHERE r.reference_id = i.id AND r.type = 'refund'
)
GROUP BY 1, 2, 3;
"""

UNDO = """
DROP TRIGGER images_spend_refunded ON billing_ledgerentry;
DROP TRIGGER images_spend_changed ON images_image;
DROP TRIGGER images_spend_added ON images_image;
DROP FUNCTION images_spend_refund();
DROP FUNCTION images_spend_images();
DROP FUNCTION images_is_refunded(uuid);
DROP FUNCTION images_add_spend(uuid, timestamptz, text, int, int);
"""


class Migration(migrations.Migration):
    dependencies = [("images", "0022_end_users"), ("billing", "0014_credits_removed"), ("accounts", "0002_request_window_unlogged")]

    operations = [
        migrations.CreateModel(
            "SpendSummary",
            [
                ("pk", models.CompositePrimaryKey("user_id", "day", "model_id", blank=True, editable=False,
                                                  primary_key=True, serialize=False)),
                ("user_id", models.UUIDField()),
                ("day", models.DateField()),
                ("model_id", models.CharField(max_length=100)),
                ("images", models.BigIntegerField()),
                ("credits", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(TABLE, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, UNDO),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
