curl "{{ site_url }}/api/v1/images/$IMAGE_ID/content?size=thumbnail" \
  -H "Authorization: Bearer $GETIMAGES_API_KEY" \
  --output thumbnail.webp
