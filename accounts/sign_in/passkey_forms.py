"""Forms with the name of a passkey, whose length is limited in characters.

The limit is a validator: with `max_length`, Django would render `maxlength`, for which browsers count UTF-16 units.
"""

from typing import Any, Final

from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm, SignupWebAuthnForm
from django.core.validators import MaxLengthValidator
from django.forms import CharField

NAME_MAX_CHARACTERS: Final = 60
NAME_TOO_LONG: Final = "The name has %(show_value)d characters. Shorten it to %(limit_value)d characters or fewer."


class PasskeyNameField(CharField):
    """The name of a passkey."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validators=[MaxLengthValidator(NAME_MAX_CHARACTERS, NAME_TOO_LONG)], **options)


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """Form that adds a passkey to the account. Without a name, the passkey gets a default name."""

    name_max_characters = NAME_MAX_CHARACTERS
    name = PasskeyNameField(required=False)


class SignUpPasskeyForm(SignupWebAuthnForm):  # type: ignore[misc]
    """Form that adds a passkey during sign-up. Without a name, the passkey gets a default name."""

    name_max_characters = NAME_MAX_CHARACTERS
    name = PasskeyNameField(required=False)


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc]
    """Form that renames a passkey."""

    name_max_characters = NAME_MAX_CHARACTERS
    name = PasskeyNameField()
