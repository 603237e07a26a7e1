curl "{{ site_url }}/api/v1/images?status=all&limit=10&offset=0" \
  -H "Authorization: Bearer $GETIMAGES_API_KEY"
