"""Stop using the prices of models that are now rows.

The columns stay in the database until the next release, because processes of the release before still read them.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("images", "0017_prices")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("cataloguemodel", "images_model_costs_something"),
                migrations.RemoveConstraint("cataloguemodel", "images_model_deep_costs_something"),
                migrations.RemoveField("cataloguemodel", "credits"),
                migrations.RemoveField("cataloguemodel", "deep_credits"),
                migrations.RemoveField("cataloguemodel", "upstream_cost_cents"),
                migrations.RemoveField("cataloguemodel", "deep_upstream_cost_cents"),
            ]
        )
    ]
