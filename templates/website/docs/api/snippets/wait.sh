curl {{ site_url }}/api/v1/images/$IMAGE_ID \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -H "Prefer: wait=60"
