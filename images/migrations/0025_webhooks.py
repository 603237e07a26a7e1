"""Webhook endpoints and deliveries; both staff groups may view them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.apps import apps as installed
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models


def let_staff_view(apps, schema_editor):
    # Django creates permissions after all migrations, but the groups need these now.
    create_permissions(installed.get_app_config("images"), verbosity=0)
    names = ["view_webhookendpoint", "view_webhookdelivery"]
    views = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="images", codename__in=names)
    for group in apps.get_model("auth", "Group").objects.filter(name__in=["Auditor", "Support"]):
        group.permissions.add(*views)


class Migration(migrations.Migration):

    dependencies = [
        ('images', '0024_spend_summary'),
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('url', models.CharField(max_length=2048, verbose_name='URL')),
                ('description', models.CharField(blank=True, max_length=200)),
                ('event_types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('image.succeeded', 'Image Succeeded'), ('image.failed', 'Image Failed'), ('image.rejected', 'Image Rejected'), ('image.cancelled', 'Image Cancelled'), ('balance.low', 'Balance Low'), ('webhook.test', 'Test')], max_length=20), size=None)),
                ('secret', models.TextField()),
                ('previous_secret', models.TextField(blank=True)),
                ('previous_secret_expires_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('enabled', models.BooleanField(default=True)),
                ('disabled_at', models.DateTimeField(null=True)),
                ('disabled_reason', models.CharField(blank=True, choices=[('owner', 'By Owner'), ('gone', 'Gone'), ('failing', 'Failing')], max_length=10)),
                ('failing_since', models.DateTimeField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='webhooks', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('event_type', models.CharField(choices=[('image.succeeded', 'Image Succeeded'), ('image.failed', 'Image Failed'), ('image.rejected', 'Image Rejected'), ('image.cancelled', 'Image Cancelled'), ('balance.low', 'Balance Low'), ('webhook.test', 'Test')], max_length=20)),
                ('data', models.JSONField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('succeeded', 'Succeeded'), ('failed', 'Failed')], default='pending', max_length=10)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('lease_expires_at', models.DateTimeField(null=True)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now, null=True)),
                ('tried_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('response_status', models.PositiveSmallIntegerField(null=True)),
                ('response_excerpt', models.TextField(blank=True)),
                ('tries', models.JSONField(default=list)),
                ('image', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='images.image')),
                ('endpoint', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='images.webhookendpoint')),
            ],
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['user', 'created_at', 'id'], name='images_webhooks_of_user'),
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(condition=models.Q(('deleted_at__isnull', False), ('user', None), _connector='OR'), fields=['id'], name='images_webhooks_to_remove'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('disabled_at', None), ('disabled_reason', ''), ('enabled', True)), models.Q(('disabled_at__isnull', False), ('enabled', False), models.Q(('disabled_reason', ''), _negated=True)), _connector='OR'), name='images_webhook_disabled_with_reason'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['endpoint', '-created_at', '-id'], name='images_deliveries_newest'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['endpoint', 'next_attempt_at'], name='images_deliveries_waiting'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['next_attempt_at', 'endpoint'], name='images_deliveries_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('tried_at__isnull', False)), fields=['endpoint', '-tried_at'], name='images_deliveries_tried'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['endpoint', 'status', '-created_at', '-id'], name='images_deliveries_by_status'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['created_at'], name='images_deliveries_oldest'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('image__isnull', False)), fields=['image'], name='images_deliveries_of_image'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('next_attempt_at__isnull', False), ('status', 'pending')), models.Q(('finished_at__isnull', False), ('next_attempt_at', None), ('status__in', ['succeeded', 'failed'])), _connector='OR'), name='images_delivery_next_when_pending'),
        ),
        migrations.RunPython(let_staff_view, migrations.RunPython.noop),
    ]
