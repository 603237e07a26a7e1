"""The normal form of an email address."""

import pytest
from django.core.exceptions import ValidationError

from accounts import email_normalization
from accounts.email_normalization import INVALID, INVISIBLE, MIXED_ALPHABETS, NOT_ASCII, normalize


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("susi@example.com", "susi@example.com"),
        (" Susi+Tag@Example.COM\n", "susi+tag@example.com"),
        ("\uff53\uff55\uff53\uff49\uff20example\uff0ecom", "susi@example.com"),
        ("\N{KELVIN SIGN}arl@example.com", "karl@example.com"),
        ("susi@example\u3002com", "susi@example.com"),
        ("susi@M\u00dcLLER.example", "susi@xn--mller-kva.example"),
        ("susi@mu\u0308ller.example", "susi@xn--mller-kva.example"),
        ("susi@XN--MLLER-KVA.example", "susi@xn--mller-kva.example"),
        ("susi@\u30c9\u30e1\u30a4\u30f3\u540d\u4f8bjp.example", "susi@xn--jp-mg4a6fuerew50w0sh.example"),
        ("susi@r3---sn.example.com", "susi@r3---sn.example.com"),
        ("susi@localhost", "susi@localhost"),
    ],
)
def test_every_spelling_has_one_normal_form(address: str, normal: str) -> None:
    assert normalize(address) == normal
    assert normalize(normal) == normal


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("susi@exa\u200bmple.com", INVISIBLE),
        ("su\u00adsi@example.com", INVISIBLE),
        ("susi\u202e@example.com", INVISIBLE),
        ("su\x00si@example.com", INVISIBLE),
        ("su\nsi@example.com", INVISIBLE),
        ("susi@exam\ufe0fple.com", INVISIBLE),
        ("susi@exam\u3164ple.com", INVISIBLE),
        ("su\ud800si@example.com", INVISIBLE),
        ("sus\u0131@example.com", NOT_ASCII),
        ("\u0455usi@example.com", NOT_ASCII),
        ("susi@ex\u0430mple.com", MIXED_ALPHABETS),
        ("susi@xn--exmple-4nf.com", MIXED_ALPHABETS),
        ("susi@xn--a.com", INVALID),
        ('"susi"@example.com', INVALID),
        ("susi@[127.0.0.1]", INVALID),
        ("susi@example.com.", INVALID),
        ("susi@", INVALID),
        ("susi", INVALID),
        ("", INVALID),
        (f"susi@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.example.com", INVALID),
    ],
)
def test_an_address_that_can_deceive_is_refused_with_the_reason(address: str, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        normalize(address)
    assert refused.value.messages == [message]
    assert email_normalization.normalize_or_none(address) is None
