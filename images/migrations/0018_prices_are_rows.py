"""Remove the prices of models that are now rows."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("images", "0017_prices")]

    operations = [
        migrations.RemoveConstraint(
            model_name='cataloguemodel',
            name='images_model_costs_something',
        ),
        migrations.RemoveConstraint(
            model_name='cataloguemodel',
            name='images_model_deep_costs_something',
        ),
        migrations.RemoveField(
            model_name='cataloguemodel',
            name='credits',
        ),
        migrations.RemoveField(
            model_name='cataloguemodel',
            name='deep_credits',
        ),
        migrations.RemoveField(
            model_name='cataloguemodel',
            name='deep_upstream_cost_cents',
        ),
        migrations.RemoveField(
            model_name='cataloguemodel',
            name='upstream_cost_cents',
        ),
    ]
