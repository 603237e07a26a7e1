"""The subset of OpenAI's API that generates images, for programs that use OpenAI's SDKs."""
