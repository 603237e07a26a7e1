"""The OpenAPI document: annotations for operations, their texts, and the document built from them."""
