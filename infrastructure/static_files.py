"""Static files with a hash of their content in the name, so that browsers can cache them permanently.

During an upgrade, pages of the old and the new version are open at the same time, and each loads its own files.
"""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from servestatic.storage import CompressedManifestStaticFilesStorage

# The import statement as our modules write it. Django's own pattern for imports also matches text in vendored scripts.
IMPORTS = (r"""(?P<matched>from ["'](?P<url>\./[\w-]+\.js)["'];)""", """from "%(url)s";""")

DJANGO_PATTERNS = ManifestStaticFilesStorage.patterns


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # ServeStatic has no types
    """Also rewrite imports, and ignore source maps: vendored files refer to maps that are not included."""

    patterns = (
        *(
            (glob, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
            for glob, patterns in DJANGO_PATTERNS
        ),
        ("*.js", (IMPORTS,)),
    )
