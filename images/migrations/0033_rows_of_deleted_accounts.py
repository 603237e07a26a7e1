"""The database itself deletes the collections of a deleted account and disconnects its webhooks.

The previous release, which still runs beside this one, does not know these tables: its deletion of an account would
break their foreign keys. The reconciler removes webhooks without a user.
"""

from django.db import migrations

CONSTRAINTS = (
    ("images_collection", "user_id", "accounts_user", "CASCADE", "images_collection_user_id_735d4252_fk_accounts_user_id"),
    (
        *("images_collectionimage", "collection_id", "images_collection", "CASCADE"),
        "images_collectionima_collection_id_08e15082_fk_images_co",
    ),
    (
        *("images_webhookendpoint", "user_id", "accounts_user", "SET NULL"),
        "images_webhookendpoint_user_id_f1d96bd1_fk_accounts_user_id",
    ),
)


def replace(table, column, target, action, name):
    return f"""
        ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name}
            FOREIGN KEY ({column}) REFERENCES {target} (id) ON DELETE {action} DEFERRABLE INITIALLY DEFERRED;
    """


class Migration(migrations.Migration):
    dependencies = [("images", "0032_permission_labels")]

    operations = [
        migrations.RunSQL(replace(*constraint), replace(*constraint[:3], "NO ACTION", constraint[4]))
        for constraint in CONSTRAINTS
    ]
