"""Insert the first models of the catalogue; later changes are made by staff in the admin."""

from django.db import migrations

SEVEN_RATIOS = ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4"]

MODELS = [
    {
        "model_id": "openai:gpt-image-1.5",
        "provider_id": "openai",
        "name": "GPT Image 1.5",
        "credits": 3,
        "deep_credits": None,
        "speed": "fast",
        "upstream_id": "gpt-image-1.5",
        "aspect_ratios": SEVEN_RATIOS,
        "options": {"quality": "medium"},
    },
    {
        "model_id": "openai:gpt-image-2",
        "provider_id": "openai",
        "name": "GPT Image 2",
        "credits": 5,
        "deep_credits": None,
        "speed": "standard",
        "upstream_id": "gpt-image-2",
        "aspect_ratios": SEVEN_RATIOS,
        "options": {"quality": "medium"},
    },
    {
        "model_id": "google:gemini-2.5-flash-image",
        "provider_id": "google",
        "name": "Gemini 2.5 Flash Image",
        "credits": 3,
        "deep_credits": None,
        "speed": "fast",
        "upstream_id": "gemini-2.5-flash-image",
        "aspect_ratios": SEVEN_RATIOS,
        "options": {},
    },
    {
        "model_id": "google:gemini-3.1-flash-image-preview",
        "provider_id": "google",
        "name": "Gemini 3.1 Flash Image",
        "credits": 5,
        "deep_credits": 7,
        "speed": "standard",
        "upstream_id": "gemini-3.1-flash-image",
        "aspect_ratios": SEVEN_RATIOS,
        "options": {"image_size": "1K"},
    },
    {
        "model_id": "google:gemini-3-pro-image-preview",
        "provider_id": "google",
        "name": "Gemini 3 Pro Image",
        "credits": 12,
        "deep_credits": 18,
        "speed": "standard",
        "upstream_id": "gemini-3-pro-image",
        "aspect_ratios": [*SEVEN_RATIOS, "21:9"],
        "options": {"image_size": "1K"},
    },
]


def add(apps, schema_editor):
    ImageModel = apps.get_model("images", "ImageModel")
    ImageModel.objects.bulk_create(
        ImageModel(position=position, **model) for position, model in enumerate(MODELS, start=1)
    )


class Migration(migrations.Migration):
    # The reconciler queries the job engine's table.
    dependencies = [("images", "0002_image_triggers"), ("procrastinate", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
