curl --request POST {{ site_url }}/api/v1/images/$IMAGE_ID/cancel \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY"
