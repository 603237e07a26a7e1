curl {{ site_url }}/api/v1/uploads \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -F file=@boat.jpg
