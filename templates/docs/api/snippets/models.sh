curl {{ site_url }}/api/v1/models \
  -H "Authorization: Bearer $GETIMAGES_API_KEY"
