"""Normal form of email addresses: one spelling for each mailbox, in printable ASCII and lower case.

Every address is stored and looked up in this form. Without it, spellings that PostgreSQL or Python fold to the same
text (U+017F and "s", U+0131 and "i"), invisible characters, and full-width letters open further accounts for a mailbox.
"""

import unicodedata
from typing import Final

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from infrastructure.unicode import DEFAULT_IGNORABLE

MAX_CHARACTERS: Final = 254
INVALID: Final = "Enter a valid email address."
INVISIBLE: Final = "This address contains hidden or control characters. Type it instead of pasting it."
NOT_ASCII: Final = "Use only letters without accents, digits and symbols before the @."
MIXED_ALPHABETS: Final = "The part after the @ mixes letters from different alphabets. Type it again."

# Control, format (zero-width, bidi), surrogate, private, unassigned; separators other than the stripped outer ones.
INVISIBLE_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Scripts that one language writes together (Unicode TS 39, "highly restrictive"). The first word of a character's
# Unicode name is its script.
COMBINABLE_SCRIPTS: Final = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)


def normalize(address: str) -> str:
    """Return the normal form: NFKC, the domain in IDNA's ASCII form, lower case.

    Raises:
        ValidationError: The address is invalid, or can deceive: hidden characters, mixed alphabets, a quoted or
            non-ASCII part before the @. The message is for the page.
    """
    text = address.strip()
    if any(_is_invisible(character) for character in text):
        raise ValidationError(INVISIBLE, code="invisible")
    local, _, domain = unicodedata.normalize("NFKC", text).rpartition("@")
    if not local.isascii():
        raise ValidationError(NOT_ASCII, code="not_ascii")
    normal = f"{local}@{_ascii_domain(domain)}".lower()
    # Quotes give a mailbox a second spelling: "susi"@example.com is susi@example.com (RFC 5321, section 4.1.2). So do
    # address literals: [IPv6:::1] and [IPv6:0::1].
    if '"' in local or "[" in domain or len(normal) > MAX_CHARACTERS:
        raise ValidationError(INVALID, code="invalid")
    validate_email(normal)
    return normal


def normalize_or_none(address: str | None) -> str | None:
    """Return the normal form; None if the address has none, so that no account can have it."""
    try:
        return normalize(address or "")
    except ValidationError:
        return None


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in INVISIBLE_CATEGORIES or bool(DEFAULT_IGNORABLE.match(character))


def _ascii_domain(domain: str) -> str:
    if domain.isascii() and "xn--" not in domain.lower():
        return domain
    try:
        # Encoding again what was decoded refuses "xn--" labels that IDNA does not produce.
        ascii_domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        labels = idna.decode(ascii_domain).split(".")
    except UnicodeError as error:
        raise ValidationError(INVALID, code="invalid") from error
    if any(_mixes_scripts(label) for label in labels):
        raise ValidationError(MIXED_ALPHABETS, code="mixed_alphabets")
    return ascii_domain


def _mixes_scripts(label: str) -> bool:
    letters = (character for character in label if unicodedata.category(character).startswith("L"))
    scripts = {unicodedata.name(character).split()[0] for character in letters}
    return len(scripts) > 1 and not any(scripts <= combinable for combinable in COMBINABLE_SCRIPTS)
