"""Packs of credits and the first ones on sale; and news of credits that came in."""

from django.db import migrations, models

# US cents for credits; from here on the table is what counts, and staff change it in the admin.
FIRST_PACKS = {100: 500, 500: 2000, 2000: 7000}

# Charges and refunds need no news of their own: they come with a change of their image.
ANNOUNCEMENTS = """
CREATE FUNCTION billing_announce() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('balance_changed', user_id::text) FROM billing_creditaccount
    WHERE id = NEW.account_id AND user_id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER billing_announce_income AFTER INSERT ON billing_ledgerentry
    FOR EACH ROW WHEN (NEW.type NOT IN ('generation', 'refund'))
    EXECUTE FUNCTION billing_announce();
"""


def add(apps, schema_editor):
    pack = apps.get_model("billing", "Pack")
    pack.objects.bulk_create(pack(credits=amount, price_cents=cents) for amount, cents in FIRST_PACKS.items())


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0002_ledger_triggers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('credits', models.PositiveIntegerField(unique=True)),
                ('price_cents', models.PositiveIntegerField(verbose_name='price in cents')),
                ('enabled', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ('credits',),
                'constraints': [models.CheckConstraint(condition=models.Q(('credits__gt', 0), ('price_cents__gt', 0)), name='billing_pack_sells_something')],
            },
        ),
        migrations.RunPython(add, migrations.RunPython.noop),
        migrations.RunSQL(
            ANNOUNCEMENTS,
            """
            DROP TRIGGER billing_announce_income ON billing_ledgerentry;
            DROP FUNCTION billing_announce();
            """,
        ),
    ]
