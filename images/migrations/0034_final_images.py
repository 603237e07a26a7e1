"""Notify of final images on a channel of their own, so that a request that waits for one wakes only then."""

from django.db import migrations

ANNOUNCEMENTS = """
CREATE OR REPLACE FUNCTION images_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('image_changed', concat_ws(' ', NEW.id, NEW.user_id));
    IF TG_OP = 'UPDATE' AND NEW.finished_at IS NOT NULL AND OLD.finished_at IS NULL THEN
        PERFORM pg_notify('image_final', NEW.id::text);
    END IF;
    RETURN NULL;
END $$;
"""

BEFORE = """
CREATE OR REPLACE FUNCTION images_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('image_changed', concat_ws(' ', NEW.id, NEW.user_id));
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("images", "0033_rows_of_deleted_accounts")]

    operations = [migrations.RunSQL(ANNOUNCEMENTS, BEFORE)]
