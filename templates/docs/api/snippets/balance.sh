curl {{ site_url }}/api/v1/account \
  -H "Authorization: Bearer $GETIMAGES_API_KEY"
