"""Triggers on images: they maintain the counts that lists show, and notify listeners of changes."""

from django.db import migrations

# One statement may change many rows (a bulk load, a migration), so the differences are summed up before they are
# written. They are written in a fixed order, so that two transactions of the same user cannot deadlock.
COUNTS = """
CREATE FUNCTION images_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO images_imagecount AS c (user_id, status, images)
        SELECT user_id, status, count(*) FROM added
        WHERE user_id IS NOT NULL AND deleted_at IS NULL
        GROUP BY user_id, status ORDER BY user_id, status
        ON CONFLICT (user_id, status) DO UPDATE SET images = c.images + excluded.images;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO images_imagecount AS c (user_id, status, images)
        SELECT user_id, status, sum(change) FROM (
            SELECT user_id, status, 1 AS change FROM added WHERE user_id IS NOT NULL AND deleted_at IS NULL
            UNION ALL
            SELECT user_id, status, -1 FROM removed WHERE user_id IS NOT NULL AND deleted_at IS NULL
        ) AS changes
        GROUP BY user_id, status HAVING sum(change) <> 0 ORDER BY user_id, status
        ON CONFLICT (user_id, status) DO UPDATE SET images = c.images + excluded.images;
    ELSE
        INSERT INTO images_imagecount AS c (user_id, status, images)
        SELECT user_id, status, -count(*) FROM removed
        WHERE user_id IS NOT NULL AND deleted_at IS NULL
        GROUP BY user_id, status ORDER BY user_id, status
        ON CONFLICT (user_id, status) DO UPDATE SET images = c.images + excluded.images;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER images_count_added AFTER INSERT ON images_image
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION images_count();
CREATE TRIGGER images_count_changed AFTER UPDATE ON images_image
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION images_count();
CREATE TRIGGER images_count_removed AFTER DELETE ON images_image
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION images_count();
"""

# A notification contains only the id; the listener reads the row.
ANNOUNCEMENTS = """
CREATE FUNCTION images_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('image_changed', NEW.id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER images_announce_change AFTER UPDATE OF status ON images_image
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION images_announce();
"""


class Migration(migrations.Migration):
    dependencies = [("images", "0001_initial")]

    operations = [
        migrations.RunSQL(
            COUNTS,
            """
            DROP TRIGGER images_count_removed ON images_image;
            DROP TRIGGER images_count_changed ON images_image;
            DROP TRIGGER images_count_added ON images_image;
            DROP FUNCTION images_count();
            """,
        ),
        migrations.RunSQL(
            ANNOUNCEMENTS,
            """
            DROP TRIGGER images_announce_change ON images_image;
            DROP FUNCTION images_announce();
            """,
        ),
    ]
