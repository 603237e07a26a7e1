import base64
import os
import uuid

from openai import OpenAI

client = OpenAI(base_url="{{ site_url }}/api/openai/v1", api_key=os.environ["GET_IMAGES_API_KEY"])
with open("photo.png", "rb") as photo:
    result = client.images.edit(
        model="openai:gpt-image-2",
        prompt="Make it a winter night",
        image=photo,
        extra_headers={"Idempotency-Key": str(uuid.uuid4())},
    )

name = f"night.{result.output_format}"
with open(name, "wb") as file:
    file.write(base64.b64decode(result.data[0].b64_json))
print(f"Saved {name}.")
