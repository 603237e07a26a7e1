"""Serve the public id of GPT Image 1.5 with its successor: OpenAI ends gpt-image-1.5 on 2026-12-01."""

from django.db import migrations

MODEL_ID = "openai:gpt-image-1.5"
ENDED, SUCCESSOR = "gpt-image-1.5", "gpt-image-2.5-flare"
SHIPPED_OPTIONS = {"quality": "medium"}


def repoint(apps, schema_editor):
    # A different upstream id or other options are a decision of staff. A changed price or name does not affect the request.
    shipped = {"provider_id": "openai", "upstream_id": ENDED, "options": SHIPPED_OPTIONS}
    apps.get_model("images", "CatalogueModel").objects.filter(pk=MODEL_ID, **shipped).update(upstream_id=SUCCESSOR)


class Migration(migrations.Migration):
    dependencies = [("images", "0013_search")]

    # The way back keeps the successor, because the old id no longer works.
    operations = [migrations.RunPython(repoint, migrations.RunPython.noop)]
