curl --request POST {{ site_url }}/api/v1/images/$IMAGE_ID/cancel \
  -H "Authorization: Bearer $GETIMAGES_API_KEY"
