"""Addresses in lower case, as sign-in looks for them. One address is one person already, however it is typed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_key_first_used")]

    operations = [
        migrations.RunSQL(
            "UPDATE accounts_user SET email = lower(email) WHERE email <> lower(email)", migrations.RunSQL.noop
        ),
    ]
