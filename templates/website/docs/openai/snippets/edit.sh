curl {{ site_url }}/api/openai/v1/images/edits \
  -H "Authorization: Bearer $GET_IMAGES_API_KEY" \
  -F model=openai:gpt-image-2 -F "prompt=Make it a winter night" -F response_format=url \
  -F image=@photo.png
