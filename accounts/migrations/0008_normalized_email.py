"""Convert e-mail addresses to their normal form, and let the database accept no other.

An address is converted if the result is the same mailbox: other case, or another form of the domain. The address of any
other row is replaced by one under .invalid (RFC 2606), since its normal form may belong to another person: the user
keeps API keys, passkeys, credits and images, and staff find the account by its id.
"""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from accounts.email_normalization import normalize_or_none

NORMAL_EMAIL = r"^[abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~.-]+@[abcdefghijklmnopqrstuvwxyz0123456789.-]+$"
# django-allauth has no constraint on the spelling of its addresses.
ADDRESSES_NORMAL = """
ALTER TABLE account_emailaddress ADD CONSTRAINT accounts_emailaddress_normal CHECK (
    email ~ '^[abcdefghijklmnopqrstuvwxyz0123456789!#$%&''*+/=?^_`{|}~.-]+@[abcdefghijklmnopqrstuvwxyz0123456789.-]+$')
"""


def normalize_addresses(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    users = apps.get_model("accounts", "User").objects
    addresses = apps.get_model("account", "EmailAddress").objects
    # Oldest first: of two accounts whose addresses get the same normal form, the older one keeps it.
    for user in users.order_by("date_joined", "id").only("email"):
        normal = _same_mailbox(user.email)
        if normal != user.email:
            if normal is None or users.filter(email=normal).exists():
                normal = f"account-{user.pk.hex}@look-alike.invalid"
            users.filter(pk=user.pk).update(email=normal)
    for address in addresses.select_related("user").order_by("-verified", "-primary", "id"):
        normal = _same_mailbox(address.email)
        if normal == address.email:
            continue
        if normal is None or normal != address.user.email or addresses.filter(email=normal).exists():
            addresses.filter(pk=address.pk).delete()
        else:
            addresses.filter(pk=address.pk).update(email=normal)
    # The constraints can only be added to tables without pending trigger events.
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _same_mailbox(address: str) -> str | None:
    """Return the normal form if the part before the @ differs in case only."""
    normal = normalize_or_none(address)
    if normal is None or normal.rpartition("@")[0] != address.rpartition("@")[0].lower():
        return None
    return normal


class Migration(migrations.Migration):
    dependencies = [("account", "0009_emailaddress_unique_primary_email"), ("accounts", "0007_seen")]

    operations = [
        migrations.RunPython(normalize_addresses, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("email__regex", NORMAL_EMAIL)), name="accounts_user_email_normal"
            ),
        ),
        migrations.RunSQL(
            ADDRESSES_NORMAL, "ALTER TABLE account_emailaddress DROP CONSTRAINT accounts_emailaddress_normal"
        ),
        migrations.RemoveConstraint(model_name="user", name="accounts_user_email_once"),
    ]
