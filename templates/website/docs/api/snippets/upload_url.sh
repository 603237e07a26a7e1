curl {{ site_url }}/api/v1/uploads \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -H "Content-Type: application/json" \
  -d "{\"url\": \"$PICTURE_URL\"}"
