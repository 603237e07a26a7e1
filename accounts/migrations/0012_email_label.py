from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_preset_clients")]

    operations = [
        migrations.AlterField("User", "email", models.EmailField("email address", max_length=254, unique=True)),
    ]
