curl {{ site_url }}/api/openai/v1/models \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY"
