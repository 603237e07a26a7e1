from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_email_label")]

    operations = [
        migrations.AddField("ApiKey", "confirm_above", models.PositiveIntegerField(null=True, blank=True)),
    ]
