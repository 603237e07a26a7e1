"""Columns for the options of models and images, and a table of prices. Migration 0017 fills them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import images.catalogue.options


class Migration(migrations.Migration):
    dependencies = [("images", "0015_staff_see_oauth_clients")]

    operations = [
        # No longer used. The column stays for the processes of the release before.
        migrations.AlterField("cataloguemodel", "credits", models.PositiveIntegerField(null=True)),
        migrations.CreateModel(
            name='ModelPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quality', models.CharField(blank=True, choices=[('low', 'low'), ('medium', 'medium'), ('high', 'high')], max_length=10, null=True)),
                ('resolution', models.CharField(blank=True, choices=[('512', '512'), ('1K', '1K'), ('2K', '2K'), ('4K', '4K')], max_length=4, null=True)),
                ('thinking_level', models.CharField(blank=True, choices=[('default', 'default'), ('deep', 'deep')], max_length=10, null=True)),
                ('credits', models.PositiveIntegerField()),
                ('upstream_cost_cents', models.DecimalField(blank=True, decimal_places=3, max_digits=8, null=True)),
            ],
            options={
                'verbose_name': 'price',
            },
        ),
        migrations.AddField(
            model_name='cataloguemodel',
            name='api',
            field=models.CharField(choices=[('openai', 'OpenAI'), ('google', 'Google'), ('compatible', 'OpenAI-compatible server')], default='openai', max_length=20, verbose_name='API'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='cataloguemodel',
            name='backgrounds',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), db_default=['opaque'], default=images.catalogue.options.default_backgrounds, size=None),
        ),
        migrations.AddField(
            model_name='cataloguemodel',
            name='base_url',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='base URL'),
        ),
        migrations.AddField(
            model_name='cataloguemodel',
            name='default_quality',
            field=models.CharField(blank=True, db_default='', default='', max_length=10),
        ),
        migrations.AddField(
            model_name='cataloguemodel',
            name='key_variable',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
        migrations.AddField(
            model_name='cataloguemodel',
            name='max_sources',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='cataloguemodel',
            name='parameters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='cataloguemodel',
            name='takes_mask',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='image',
            name='background',
            field=models.CharField(db_default='opaque', default='opaque', max_length=12),
        ),
        migrations.AddField(
            model_name='image',
            name='has_content_credentials',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='image',
            name='output_format',
            field=models.CharField(max_length=4, null=True),
        ),
        migrations.AddField(
            model_name='image',
            name='provider_usage',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='image',
            name='quality',
            field=models.CharField(max_length=10, null=True),
        ),
        migrations.AddField(
            model_name='image',
            name='resolution',
            field=models.CharField(max_length=4, null=True),
        ),
        migrations.AddField(
            model_name='modelprice',
            name='model',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='prices', to='images.cataloguemodel'),
        ),
        migrations.AddConstraint(
            model_name='modelprice',
            constraint=models.CheckConstraint(condition=models.Q(('credits__gt', 0)), name='images_price_costs_something'),
        ),
        migrations.AddConstraint(
            model_name='modelprice',
            constraint=models.UniqueConstraint(fields=('model', 'quality', 'resolution', 'thinking_level'), name='images_price_once', nulls_distinct=False),
        ),
    ]
