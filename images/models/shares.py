"""Links that show one picture to anyone."""

import secrets

from django.db import models
from django.utils import timezone

# 24 random bytes, 192 bits.
TOKEN_BYTES = 24
TOKEN_CHARACTERS = 32


def new_token() -> str:
    """Return a random token of 32 URL-safe characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Share(models.Model):
    """The public page of one picture. It exists until the owner revokes it, which deletes the row."""

    image = models.OneToOneField("Image", on_delete=models.CASCADE, primary_key=True, related_name="share")
    # Stored as it is, so that the owner can copy the link again: it shows one picture and changes nothing, and a token
    # cannot be guessed.
    token = models.CharField(max_length=TOKEN_CHARACTERS, unique=True, default=new_token)
    shows_prompt = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.pk)
