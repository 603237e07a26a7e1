"""Settings of django-unfold: colours and navigation of the staff site."""

from typing import Any, Final

from django.templatetags.static import static
from django.urls import reverse_lazy

# Unfold takes eleven shades from light to dark; these match the tokens in static/css/tokens.css.
WARM_GREY: Final = {
    "50": "#fbfaf8",
    "100": "#f4f2ee",
    "200": "#e8e4dd",
    "300": "#d6d1c7",
    "400": "#9c968b",
    "500": "#706b61",
    "600": "#57534b",
    "700": "#3b3834",
    "800": "#2a2825",
    "900": "#1a1917",
    "950": "#131211",
}
GREEN: Final = {
    "50": "#e6f0ec",
    "100": "#e6f0ec",
    "200": "#b5d3c9",
    "300": "#6fd2b8",
    "400": "#4ec1a3",
    "500": "#4ec1a3",
    "600": "#0a6b59",
    "700": "#085648",
    "800": "#245448",
    "900": "#14302a",
    "950": "#0b1f1a",
}


def _page(title: str, model: str, icon: str) -> dict[str, Any]:
    """Return a sidebar link to the list of a model ("app_model"), for staff who may view it."""
    app, _, name = model.partition("_")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{model}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
    }


UNFOLD: Final[dict[str, Any]] = {
    "SITE_TITLE": "Get Images staff",
    "SITE_HEADER": "Get Images",
    "SITE_URL": "/",
    "SITE_ICON": lambda _request: static("favicon.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("favicon.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {"base": WARM_GREY, "primary": GREEN},
    "STYLES": [lambda _request: static("css/staff.css")],
    "SCRIPTS": [lambda _request: static("js/first-error.js"), lambda _request: static("js/confirmation.js")],
    "ENVIRONMENT": "staff.site.environment_label",
    "ACCOUNT": {"navigation": [{"title": "Account settings", "link": reverse_lazy("settings")}]},
    "SIDEBAR": {
        "navigation": [
            {"items": [{"title": "Overview", "icon": "dashboard", "link": reverse_lazy("admin:index")}]},
            {
                "title": "Money",
                "items": [
                    _page("Ledger entries", "billing_ledgerentry", "receipt_long"),
                    _page("Purchases", "billing_purchase", "shopping_bag"),
                    _page("Payment events", "billing_paymentevent", "webhook"),
                    _page("Credit packs", "billing_pack", "sell"),
                    _page("Ledger audits", "images_auditrun", "fact_check"),
                ],
            },
            {
                "title": "Images",
                "items": [
                    _page("Images", "images_image", "image"),
                    _page("Models and prices", "images_cataloguemodel", "tune"),
                ],
            },
            {
                "title": "People",
                "items": [
                    _page("Users", "accounts_user", "group"),
                    _page("API keys and apps", "accounts_apikey", "key"),
                    _page("OAuth clients", "accounts_oauthclient", "extension"),
                    _page("Webhooks", "images_webhookendpoint", "webhook"),
                    _page("Webhook deliveries", "images_webhookdelivery", "outgoing_mail"),
                    _page("History", "admin_logentry", "history"),
                ],
            },
        ]
    },
}
