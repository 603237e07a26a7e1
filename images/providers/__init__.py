"""Model providers: the request that each of them takes, the interface they share, and their implementations."""

import io
import os
import tempfile
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

# For one image, over all of its attempts: the provider charges us for each call.
MAX_CALLS = 3
# The parameters for which a request has a value, and which an OpenAI-compatible server may accept.
SERVER_PARAMETERS: Final = (
    *("n", "size", "aspect_ratio", "quality", "background", "output_format", "response_format"),
    *("user", "safety_identifier"),
)


@dataclass(frozen=True, slots=True)
class Server:
    """An OpenAI-compatible server: its URL, the environment variable with its key, and the parameters it accepts."""

    base_url: str
    key_variable: str
    parameters: Sequence[str]


class SourcePicture:
    """A picture to edit or to refer to, and its size in pixels.

    Its bytes are in a temporary file: they are needed for as long as the provider works, and a worker has hundreds of
    edits in progress.
    """

    def __init__(self, content: bytes, media_type: str, width: int, height: int) -> None:
        self.byte_size, self.media_type, self.width, self.height = len(content), media_type, width, height
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with this object
        weakref.finalize(self, self._file.close)
        self._file.write(content)
        self._file.flush()

    @property
    def content(self) -> bytes:
        return self.read_at(0, self.byte_size)

    def open(self) -> "SourceReader":
        """Return a reader of the file, from its start."""
        return SourceReader(self)

    def read_at(self, position: int, byte_size: int) -> bytes:
        return os.pread(self._file.fileno(), byte_size, position)


# HTTP clients read 64 KiB at a time. Each read waits for the connection, about a millisecond on a loaded machine.
PIECE_BYTES: Final = 512 * 1024


class SourceReader(io.RawIOBase):
    """Reads the file of a source, which exists for as long as this object, without a position that readers share.

    It is for HTTP clients, which send what they read: `read` may return more bytes than requested.
    """

    def __init__(self, picture: SourcePicture) -> None:
        super().__init__()
        self._picture, self._position = picture, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._picture.byte_size}
        self._position = starts[whence] + offset
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        return super().read(max(size, PIECE_BYTES) if size > 0 else size) or b""

    def readinto(self, buffer: Any) -> int:
        content = self._picture.read_at(self._position, len(buffer))
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """One call of a provider, in the terms of the catalogue.

    prompt: the user's prompt with the style appended.
    model_id: the public id, for labels and logs; upstream_id: the name that the provider receives.
    aspect_ratio: for example "16:9", or "auto" for the shape of the first source.
    thinking_level: "default", "deep", or None where the model has none.
    resolution, quality, background: as in the API, or None where the model has no such choice.
    output_format: "png", "jpeg", "webp", or None for the provider's own choice.
    options: parameters that the catalogue fixes for the model, such as {"quality": "high"}.
    sources: the picture to edit, followed by references; mask: a PNG that is transparent where the first one changes.
    server: of an OpenAI-compatible model only.
    safety_identifier: identifies the user to the provider without naming them.
    timeout_seconds: the limit for the whole call.
    call_number: 1 for the first call made for the image, at most MAX_CALLS.
    """

    prompt: str
    model_id: str
    upstream_id: str
    aspect_ratio: str
    thinking_level: str | None
    timeout_seconds: float
    resolution: str | None = None
    quality: str | None = None
    background: str | None = None
    output_format: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    sources: Sequence[SourcePicture] = ()
    mask: bytes | None = None
    server: Server | None = None
    safety_identifier: str = ""
    call_number: int = 1


class ProviderPicture(NamedTuple):
    """The bytes of a picture as received, unchecked, and the usage that the provider reported, if any."""

    content: bytes
    usage: Mapping[str, Any] | None = None


# A provider is a function that returns a picture or raises GenerationFailed.
Provider = Callable[[PictureRequest], Awaitable[ProviderPicture]]
