curl {{ site_url }}/api/v1/images/$IMAGE_ID/content \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  --remote-name --remote-header-name
