curl {{ site_url }}/api/v1/images/$IMAGE_ID/lineage \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY"
