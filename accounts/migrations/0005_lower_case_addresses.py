"""Convert e-mail addresses to lower case, as sign-in looks them up; they are already unique ignoring case."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_key_first_used")]

    operations = [
        migrations.RunSQL(
            "UPDATE accounts_user SET email = lower(email) WHERE email <> lower(email)", migrations.RunSQL.noop
        ),
    ]
