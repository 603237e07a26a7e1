"""The extension io.modelcontextprotocol/tasks (2026-07-28). The task of an image is the image: no task is stored."""
