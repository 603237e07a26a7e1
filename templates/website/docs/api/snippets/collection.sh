curl {{ site_url }}/api/v1/collections \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{"name": "Autumn campaign"}'
