curl {{ site_url }}/api/openai/v1/images/generations \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -H "Content-Type: application/json" \
  -d '{"model": "openai:gpt-image-2", "prompt": "A red kite over a calm sea", "size": "1536x1024", "response_format": "url"}'
