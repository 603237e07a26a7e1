"""Who has had the credits of a new account."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_packs")]

    operations = [
        migrations.CreateModel(
            name="SignupGrant",
            fields=[("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False))],
        ),
    ]
