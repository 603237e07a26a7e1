"""Indexes of the history of staff actions, whose table belongs to Django admin, for the deletion of accounts.

Deletion finds the entries about an object by its id, and those with an email address in their message; few have one.
"""

from django.db import migrations

CREATE = """
CREATE INDEX staff_history_of_object ON django_admin_log (object_id, content_type_id);
CREATE INDEX staff_history_with_address ON django_admin_log (id) WHERE change_message LIKE '%@%';
"""
DROP = """
DROP INDEX staff_history_of_object;
DROP INDEX staff_history_with_address;
"""


class Migration(migrations.Migration):
    dependencies = [("admin", "0003_logentry_add_action_flag_choices")]

    operations = [migrations.RunSQL(CREATE, DROP)]
