"""Reword the labels of payment statuses; the table does not change."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0010_fill_entry_reasons'),
    ]

    operations = [
        migrations.AlterField(
            model_name='purchase',
            name='status',
            field=models.CharField(choices=[('open', 'Incomplete'), ('pending', 'Processing'), ('paid', 'Paid'), ('failed', 'Declined'), ('expired', 'Expired'), ('review', 'Under review')], default='open', max_length=8),
        ),
        migrations.AlterField(
            model_name='simulatedpayment',
            name='status',
            field=models.CharField(choices=[('open', 'Incomplete'), ('pending', 'Processing'), ('paid', 'Paid'), ('failed', 'Declined'), ('expired', 'Expired'), ('review', 'Under review')], default='open', max_length=8),
        ),
    ]
