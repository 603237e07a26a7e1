"""The REST API: views by resource, problem documents and the OpenAPI document."""
