"""Static files middleware that scans the folders once per test process."""

from typing import Any, ClassVar

from servestatic.middleware import ServeStaticMiddleware


class SharedFiles(ServeStaticMiddleware):  # type: ignore[misc]  # ServeStatic has no types
    """Share the file index of the first instance with all later ones."""

    files: Any
    directories: Any
    _index: ClassVar[tuple[Any, Any] | None] = None

    def add_files_from_finders(self) -> None:
        if SharedFiles._index is None:
            super().add_files_from_finders()
            SharedFiles._index = self.files, self.directories
        self.files, self.directories = SharedFiles._index
