claude mcp add --transport http \
  get-images {{ site_url }}/api/mcp \
  --header "Authorization: Bearer sk_..."
