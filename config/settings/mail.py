"""Outgoing email."""

from urllib.parse import urlsplit

from config.settings.environment import DEBUG, EMAIL, EMAIL_URL, SITE_URL
from infrastructure.local_state import LOCAL_DIR

# In development no email is sent: messages appear in the terminal and at /dev/mail.
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"] if EMAIL_URL or not DEBUG else "development.mailbox.MailboxBackend"
DEVELOPMENT_MAIL_DIR = LOCAL_DIR / "mail"
EMAIL_HOST = EMAIL["EMAIL_HOST"]
EMAIL_PORT = EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL["EMAIL_USE_TLS"]
EMAIL_USE_SSL = EMAIL["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = EMAIL.get("DEFAULT_FROM_EMAIL") or f"Get Images <no-reply@{urlsplit(SITE_URL).hostname}>"
