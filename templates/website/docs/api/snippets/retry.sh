curl --include --retry 3 {{ site_url }}/api/v1/images \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -H "Content-Type: application/json" \
  -H "Idempotency-Key: kite-0042" \
  -d '{"prompt": "A red kite over a calm sea", "modelId": "openai:gpt-image-2"}'
