curl {{ site_url }}/api/v1/images \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -H "Content-Type: application/json" \
  -d "{\"prompt\": \"Make the sail red\", \"modelId\": \"openai:gpt-image-2\", \"sources\": [\"$SOURCE_ID\"], \"mask\": \"$MASK_ID\"}"
