"""Sign-up and sign-in with django-allauth; each account has one verified email address."""

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/dashboard/"

ACCOUNT_ADAPTER = "accounts.sign_in.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.sign_in.adapters.ProviderAdapter"
USERSESSIONS_ADAPTER = "accounts.sign_in.sessions.SessionsAdapter"
ACCOUNT_FORMS = {
    "add_email": "accounts.sign_in.forms.ChangeEmailForm",
    "login": "accounts.sign_in.forms.SignInForm",
    "request_login_code": "accounts.sign_in.forms.RequestCodeForm",
    "reset_password": "accounts.sign_in.forms.ResetForm",
    "signup": "accounts.sign_in.forms.SignUpForm",
}
SOCIALACCOUNT_FORMS = {"signup": "accounts.sign_in.forms.ProviderSignUpForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
# Only an existing account could change its address at this point, so the option would reveal which addresses exist.
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# No page reveals whether an address has an account.
ACCOUNT_PREVENT_ENUMERATION = True

# Codes have six digits, allow three attempts and expire after ten minutes.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
CODE_LIFETIME_SECONDS = 600
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = CODE_LIFETIME_SECONDS
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = CODE_LIFETIME_SECONDS
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = CODE_LIFETIME_SECONDS

# The error message for too many attempts mentions ten minutes; keep both the same.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/10m/ip,5/10m/key", "oauth_register": "20/10m/ip"}

MFA_ADAPTER = "accounts.sign_in.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "add_webauthn": "accounts.sign_in.passkey_forms.AddPasskeyForm",
    "edit_webauthn": "accounts.sign_in.passkey_forms.RenamePasskeyForm",
    "signup_webauthn": "accounts.sign_in.passkey_forms.SignUpPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_TOTP_ISSUER = "Get Images"
# Accept the code before and after the current one: a phone's clock may be 30 seconds off.
MFA_TOTP_TOLERANCE = 1
