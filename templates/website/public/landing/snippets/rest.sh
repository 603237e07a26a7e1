curl {{ site_url }}/api/v1/images \
  -H "Authorization: Bearer sk_..." -H "Content-Type: application/json" \
  -d '{"prompt": "A calm sea", "modelId": "openai:gpt-image-2"}'
