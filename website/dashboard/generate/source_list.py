"""The sources of the composer's form: how it adds, moves and removes pictures, and takes files and masks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from accounts.authentication import Caller
from images import sources
from images.exceptions import UploadExpired
from images.models import Image, Upload
from images.schemas import SOURCES_MAX, UUID_PATTERN
from images.uploads import uploads
from infrastructure.exceptions import InvalidArguments, ServiceError
from infrastructure.limits import UPLOAD_BODY_MAX_BYTES
from website.dashboard.source_pictures import Role, SourcePicture

# The names of the buttons that change the sources, and of the field with ids that a script has uploaded.
ACTIONS: Final = (
    "add",
    "edit",
    "reference",
    "remove_source",
    "earlier",
    "later",
    "move",
    "add_files",
    "remove_mask",
    "set_mask",
)
FILES, MASK_FILE = "files", "mask_file"
POSITIONS: Final = tuple(str(position) for position in range(SOURCES_MAX))
MIB: Final = 1024 * 1024

DELETED: Final = "This image was deleted. Remove it."
EXPIRED: Final = "This upload has expired. Add it again."
UNFINISHED: Final = "This image isn't finished yet."
NO_PICTURE: Final = "This image has no picture. Remove it."
MASK_REMOVED: Final = "The first image changed, so its mask was removed."
TOO_MANY: Final = f"An edit can use {SOURCES_MAX} images. Remove one first."
NO_FILE: Final = "Choose a file first."
MASK_WITHOUT_IMAGE: Final = "Add the image to edit before its mask."


@dataclass(frozen=True, slots=True)
class Sources:
    """The ids of the pictures, of which the first is edited, and of the mask; empty without one."""

    ids: tuple[str, ...] = ()
    mask: str = ""

    @classmethod
    def from_data(cls, data: QueryDict) -> Self:
        """Return the sources in a form or a query string, without malformed ids."""
        ids = tuple(_valid(data.getlist("source")))
        return cls(ids, next(_valid([data.get("mask", "")]), "") if ids else "")

    @classmethod
    def of_image(cls, image: Image) -> Self:
        """Return the sources of an existing image."""
        ids, mask = sources.requested(image)
        return cls(tuple(ids), mask or "")

    def with_more(self, ids: Iterable[str]) -> Self:
        """Return the sources with these at the end, without those that are there already."""
        return replace(self, ids=tuple(dict.fromkeys([*self.ids, *ids])))

    def moved(self, position: int, distance: int) -> Self:
        """Return the sources with one of them moved by a distance; unchanged if it would leave the list."""
        target = position + distance
        if not (0 <= position < len(self.ids) and 0 <= target < len(self.ids)):
            return self
        ids = list(self.ids)
        ids.insert(target, ids.pop(position))
        return replace(self, ids=tuple(ids))

    def without(self, position: int) -> Self:
        """Return the sources without the one at a position."""
        return replace(self, ids=tuple(each for at, each in enumerate(self.ids) if at != position))


@dataclass(frozen=True, slots=True)
class SourceChange:
    """The sources after the actions of a form, with notes about the change and problems with files."""

    sources: Sources
    note: str = ""
    problems: Sequence[str] = ()
    # Whether the form was sent to change its sources, not to request images.
    is_action: bool = False


def change(caller: Caller, before: Sources, request: HttpRequest) -> SourceChange:
    """Apply the buttons and files of a form to its sources."""
    after = _apply_buttons(before, request.POST)
    after, problems = _add_files(caller, after, request)
    note = ""
    if before.mask and before.mask == after.mask and before.ids[:1] != after.ids[:1]:
        after, note = replace(after, mask=""), MASK_REMOVED if after.ids else ""
    after, mask_problems = _add_mask(caller, after, request)
    is_action = any(name in request.POST for name in ACTIONS)
    if "add_files" in request.POST and not any(request.FILES.getlist(name) for name in (FILES, MASK_FILE)):
        problems = [*problems, NO_FILE]
    if len(after.ids) > SOURCES_MAX:
        after, problems = replace(after, ids=after.ids[:SOURCES_MAX]), [*problems, TOO_MANY]
    return SourceChange(after, note, [*problems, *mask_problems], is_action)


def pictures(caller: Caller, listed: Sources) -> tuple[list[SourcePicture], SourcePicture | None]:
    """Return the pictures of these sources and the mask, each with the reason if it cannot be used."""
    wanted = [*listed.ids, *([listed.mask] if listed.mask else [])]
    if not wanted:
        return [], None
    images = {str(image.pk): image for image in Image.objects.owned_by(caller.user_id).filter(pk__in=wanted)}
    uploaded = {str(each.pk): each for each in Upload.objects.filter(user_id=caller.user_id, pk__in=wanted)}
    found = [
        _picture(caller, source_id, Role.REFERENCE if at else Role.BASE, images.get(source_id, uploaded.get(source_id)))
        for at, source_id in enumerate(wanted)
    ]
    return found[: len(listed.ids)], replace(found[-1], role=Role.MASK) if listed.mask else None


def own(caller: Caller, ids: Iterable[str]) -> list[str]:
    """Return those of the ids whose pictures can be used."""
    return [each.source_id for each in pictures(caller, Sources(tuple(_valid(ids))))[0] if not each.problem]


def has_too_large_body(request: HttpRequest) -> bool:
    """Return whether a form is larger than the site accepts, so that its files are cut."""
    return int(request.headers.get("Content-Length") or 0) > UPLOAD_BODY_MAX_BYTES


def too_large(byte_size: int) -> str:
    """Return the message about a file that is too large."""
    return f"This file is {byte_size / MIB:.0f} MB. The limit is {uploads.MAX_BYTES // MIB} MB."


def error_message(error: ServiceError) -> str:
    """Return the message of an upload's error for people."""
    return error.fields[0].message if isinstance(error, InvalidArguments) else error.message


def _valid(ids: Iterable[str]) -> Iterator[str]:
    return iter([each.lower() for each in ids if UUID_PATTERN.fullmatch(each)])


def _apply_buttons(before: Sources, data: QueryDict) -> Sources:
    added = [*data.get("add", "").split(","), data.get("reference", "")]
    after = before.with_more(_valid(added))
    if edited := list(_valid([data.get("edit", "")])):
        after = Sources((edited[0],))
    if "remove_source" in data:
        after = after.without(_position(data.get("remove_source", "")))
    for name, distance in (("earlier", -1), ("later", 1)):
        if name in data:
            after = after.moved(_position(data.get(name, "")), distance)
    if "move" in data:
        # From one position to another, separated by a comma: a script sends it after a drag.
        origin, _, target = data.get("move", "").partition(",")
        after = after.moved(_position(origin), _position(target) - _position(origin)) if target in POSITIONS else after
    if "remove_mask" in data:
        after = replace(after, mask="")
    return after


def _position(value: str) -> int:
    return int(value) if value in POSITIONS else -1


def _add_files(caller: Caller, before: Sources, request: HttpRequest) -> tuple[Sources, list[str]]:
    files: MultiValueDict[str, UploadedFile[bytes]] = request.FILES
    chosen, problems = files.getlist(FILES), []
    if chosen and has_too_large_body(request):
        return before, [f"The files are larger than {uploads.MAX_BYTES // MIB} MB in total. Add them one at a time."]
    room = SOURCES_MAX - len(before.ids)
    after = before
    for file in chosen[:room]:
        try:
            after = after.with_more([_store(caller, file)])
        except ServiceError as error:
            problems.append(f"{file.name}: {error_message(error)}")
    return after, [*problems, *([TOO_MANY] if len(chosen) > room else [])]


def _add_mask(caller: Caller, before: Sources, request: HttpRequest) -> tuple[Sources, list[str]]:
    """Set the mask from a file or from the id that a script has uploaded, if it fits the first picture."""
    files: MultiValueDict[str, UploadedFile[bytes]] = request.FILES
    file, mask = files.get(MASK_FILE), next(iter(_valid([request.POST.get("set_mask", "")])), "")
    if not (file or mask):
        return before, []
    if not before.ids:
        return before, [MASK_WITHOUT_IMAGE]
    if file:
        if has_too_large_body(request):
            return before, [f"The mask: {too_large(int(request.headers['Content-Length']))}"]
        try:
            mask = _store(caller, file)
        except ServiceError as error:
            return before, [f"{file.name}: {error_message(error)}"]
    problem = sources.mask_error(caller, before.ids, mask)
    return (before, [problem.message]) if problem else (replace(before, mask=mask), [])


def _store(caller: Caller, file: UploadedFile[bytes]) -> str:
    return str(uploads.store(caller, file.read()).pk)


def _picture(caller: Caller, source_id: str, role: str, picture: Image | Upload | None) -> SourcePicture:
    return SourcePicture(source_id, role, picture, _problem(caller, picture))


def _problem(caller: Caller, picture: Image | Upload | None) -> str:
    if picture is None:
        return DELETED
    if isinstance(picture, Image):
        return "" if picture.picture_name else NO_PICTURE if picture.is_final else UNFINISHED
    if picture.expires_at <= timezone.now():
        try:
            uploads.find(caller, picture.pk)
        except UploadExpired:
            return EXPIRED
    return "" if picture.sha256 else UNFINISHED
