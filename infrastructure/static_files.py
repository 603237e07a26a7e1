"""Static files under names with a hash of their content: kept by browsers for good, and old pages find old files.

While a new version takes the place of an old one, pages of both are open, and each asks for the files it was made for.
"""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from servestatic.storage import CompressedManifestStaticFilesStorage

# Our modules import each other so. Django's own patterns also find what the words of other people's scripts speak of.
IMPORTS = (r"""(?P<matched>from ["'](?P<url>\./[\w-]+\.js)["'];)""", """from "%(url)s";""")

DJANGOS = ManifestStaticFilesStorage.patterns


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # ServeStatic has no types
    """Also rewrites imports; leaves out source maps, which vendors' files name without bringing them."""

    patterns = (
        *((files, tuple(each for each in found if "sourceMappingURL" not in str(each))) for files, found in DJANGOS),
        ("*.js", (IMPORTS,)),
    )
