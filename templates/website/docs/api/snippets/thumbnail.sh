curl "{{ site_url }}/api/v1/images/$IMAGE_ID/content?size=thumbnail" \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  --output thumbnail.webp
