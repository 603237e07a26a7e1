"""Rename three fields of purchases in Python; the columns keep their names, so that the previous release can run."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0012_entry_labels")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("purchase", "billing_purchase_takes_back_what_it_gave"),
                migrations.RenameField("purchase", "credits_taken_back", "credits_clawed_back"),
                migrations.RenameField("purchase", "looks", "syncs_started"),
                migrations.RenameField("purchase", "last_look", "last_applied_sync"),
                migrations.AlterField(
                    "purchase",
                    "credits_clawed_back",
                    models.PositiveIntegerField(db_column="credits_taken_back", default=0),
                ),
                migrations.AlterField(
                    "purchase", "syncs_started", models.PositiveIntegerField(db_column="looks", default=0)
                ),
                migrations.AlterField(
                    "purchase", "last_applied_sync", models.PositiveIntegerField(db_column="last_look", default=0)
                ),
                migrations.AddConstraint(
                    "purchase",
                    models.CheckConstraint(
                        condition=models.Q(credits_clawed_back=0)
                        | models.Q(status="paid", credits_clawed_back__lte=models.F("credits")),
                        name="billing_purchase_takes_back_what_it_gave",
                    ),
                ),
            ]
        )
    ]
