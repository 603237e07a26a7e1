"""The OpenAPI document: how operations are described, their descriptions, and the document made of them."""
