gemini mcp add --transport http \
  --header "Authorization: Bearer sk_..." \
  get-images {{ site_url }}/api/mcp
