"""The design's files, looked for once in a test process and not by each of its clients."""

from typing import Any, ClassVar

from servestatic.middleware import ServeStaticMiddleware


class SharedFiles(ServeStaticMiddleware):  # type: ignore[misc]  # ServeStatic has no types
    """Takes what the first one has found."""

    files: Any
    directories: Any
    _found: ClassVar[tuple[Any, Any] | None] = None

    def add_files_from_finders(self) -> None:
        if SharedFiles._found is None:
            super().add_files_from_finders()
            SharedFiles._found = self.files, self.directories
        self.files, self.directories = SharedFiles._found
