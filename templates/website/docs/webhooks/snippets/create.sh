curl --fail-with-body {{ site_url }}/api/v1/webhooks \
  --header "Authorization: Bearer $GET_IMAGES_API_KEY" \
  --json '{
    "url": "https://example.com/hooks",
    "eventTypes": ["image.succeeded", "image.failed"]
  }'
