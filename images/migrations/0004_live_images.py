"""Add the user to notifications of image changes, and notify of new and deleted images too."""

from django.db import migrations

ANNOUNCEMENTS = """
DROP TRIGGER images_announce_change ON images_image;

CREATE OR REPLACE FUNCTION images_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('image_changed', concat_ws(' ', NEW.id, NEW.user_id));
    RETURN NULL;
END $$;

CREATE TRIGGER images_announce_request AFTER INSERT ON images_image
    FOR EACH ROW EXECUTE FUNCTION images_announce();
CREATE TRIGGER images_announce_change AFTER UPDATE OF status, deleted_at ON images_image
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.deleted_at IS DISTINCT FROM NEW.deleted_at)
    EXECUTE FUNCTION images_announce();
"""

BEFORE = """
DROP TRIGGER images_announce_request ON images_image;
DROP TRIGGER images_announce_change ON images_image;

CREATE OR REPLACE FUNCTION images_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('image_changed', NEW.id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER images_announce_change AFTER UPDATE OF status ON images_image
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION images_announce();
"""


class Migration(migrations.Migration):
    dependencies = [("images", "0003_first_models")]

    operations = [migrations.RunSQL(ANNOUNCEMENTS, BEFORE)]
