"""Properties of Unicode characters that Python's `unicodedata` does not have."""

import re
from typing import Final

# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt, without the category Cf (format): combining
# joiners, fillers, variation selectors, and unassigned characters that are reserved for such use.
DEFAULT_IGNORABLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
