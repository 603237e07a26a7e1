curl --request PUT {{ site_url }}/api/v1/images/$IMAGE_ID/favourite \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY"
