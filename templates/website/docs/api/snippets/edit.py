import json
import os
import sys
import urllib.error
import urllib.request
import uuid

API = "{{ site_url }}/api/v1/"
HEADERS = {"Authorization": f"Bearer {os.environ['GET_IMAGES_API_KEY']}", "Prefer": "wait=60"}


def call(path, data=None, **headers):
    request = urllib.request.Request(API + path, data, {**HEADERS, **headers})
    try:
        with urllib.request.urlopen(request, timeout=90) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        sys.exit(f"{problem['code']}: {problem['detail']}")


with open("boat.jpg", "rb") as file:
    upload = call("uploads", file.read(), **{"Content-Type": "image/jpeg"})
edit = {"prompt": "Make the sail red", "modelId": "openai:gpt-image-2", "sources": [upload["id"]]}
image = call(
    "images",
    json.dumps(edit).encode(),
    **{"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())},
)
while image["status"] in ("queued", "running"):
    image = call(f"images/{image['id']}")
if image["error"]:
    sys.exit(f"{image['error']['code']}: {image['error']['message']}")

name = "edited." + image["mediaType"].removeprefix("image/")
urllib.request.urlretrieve(image["imageUrl"], name)
print(f"Saved {name}. {image['credits']['remaining']} credits are left.")
