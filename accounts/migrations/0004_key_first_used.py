"""Notify open pages of a key's first use."""

from django.db import migrations

ANNOUNCEMENTS = """
CREATE FUNCTION accounts_announce_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('key_first_used', NEW.user_id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER accounts_announce_first_use AFTER UPDATE OF last_used_at ON accounts_apikey
    FOR EACH ROW WHEN (OLD.last_used_at IS NULL AND NEW.last_used_at IS NOT NULL)
    EXECUTE FUNCTION accounts_announce_key();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_cache_table")]

    operations = [
        migrations.RunSQL(
            ANNOUNCEMENTS,
            """
            DROP TRIGGER accounts_announce_first_use ON accounts_apikey;
            DROP FUNCTION accounts_announce_key();
            """,
        )
    ]
