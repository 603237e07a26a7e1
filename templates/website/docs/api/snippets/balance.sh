curl {{ site_url }}/api/v1/account \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY"
