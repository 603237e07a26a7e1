curl --include {{ site_url }}/api/v1/images \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -H "Content-Type: application/json" \
  -H "Prefer: respond-async" \
  -d '{"prompt": "A red kite over a calm sea", "modelId": "openai:gpt-image-2"}'
