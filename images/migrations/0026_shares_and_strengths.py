"""Public pages of single pictures, and a sentence for each model about what it is good at."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import images.models.shares

STRENGTHS = {
    "openai:gpt-image-1.5": "Quick everyday pictures at one price, for programs that were written for this model.",
    "openai:gpt-image-2": "Detailed scenes, product shots and text in pictures, in a quality and a size of your choice.",
    "google:gemini-2.5-flash-image": "Quick drafts and simple edits that keep the subject of the first picture.",
    "google:gemini-3.1-flash-image-preview": "Wide and tall formats, up to 4K, with thinking for demanding prompts.",
    "google:gemini-3-pro-image-preview": "The most demanding prompts: layouts, diagrams and long text, up to 4K.",
    "openai:gpt-image-2.5-flare": "Everyday pictures at a low price, stickers and logos with a transparent background.",
    "openai:gpt-image-2.5-sunburst": "Precise edits: masks, and changes that leave the rest of a picture alone.",
    "google:gemini-nano-banana-2.1": "Edits with up to 14 references, and panoramas in 14 shapes at a low price.",
    "google:gemini-3.1-flash-lite-image": "Fast drafts in 14 shapes, to try out a prompt before a larger picture.",
}


def describe(apps, schema_editor):
    """Describe the shipped models."""
    for model_id, strengths in STRENGTHS.items():
        apps.get_model("images", "CatalogueModel").objects.filter(pk=model_id).update(strengths=strengths)


class Migration(migrations.Migration):
    dependencies = [("images", "0025_webhooks")]

    operations = [
        migrations.CreateModel(
            name="Share",
            fields=[
                (
                    "image",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="share",
                        serialize=False,
                        to="images.image",
                    ),
                ),
                ("token", models.CharField(default=images.models.shares.new_token, max_length=32, unique=True)),
                ("shows_prompt", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            "cataloguemodel", "strengths", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.RunPython(describe, migrations.RunPython.noop),
    ]
