curl --request PUT {{ site_url }}/api/v1/images/$IMAGE_ID/share \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{"showsPrompt": true}'
