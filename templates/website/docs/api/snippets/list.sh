curl "{{ site_url }}/api/v1/images?status=all&limit=10&offset=0" \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY"
