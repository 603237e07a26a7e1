"""URLs of the public pages, of shared images, of image and upload links and of the Stripe webhook."""

from django.urls import path

from website.public.catalogue import models
from website.public.image_links import linked_image, linked_thumbnail
from website.public.legal import privacy, terms
from website.public.shared_images import shared_image, shared_picture, shared_thumbnail
from website.public.status import status
from website.public.stripe_webhook import stripe_webhook
from website.public.text_files import favicon, robots
from website.public.upload_links import upload
from website.public.views import landing, pricing

urlpatterns = [
    path("", landing, name="landing"),
    path("pricing", pricing, name="pricing"),
    path("models", models, name="models"),
    path("status", status, name="status"),
    path("terms", terms, name="terms"),
    path("privacy", privacy, name="privacy"),
    path("robots.txt", robots, name="robots"),
    path("favicon.ico", favicon, name="favicon"),
    path("i/<str:token>", linked_image, name="picture"),
    path("i/<str:token>/thumbnail", linked_thumbnail, name="picture-thumbnail"),
    path("s/<str:token>", shared_image, name="shared-image"),
    path("s/<str:token>/picture", shared_picture, name="shared-picture"),
    path("s/<str:token>/thumbnail", shared_thumbnail, name="shared-thumbnail"),
    path("u/<str:token>", upload, name="upload"),
    path("webhooks/stripe", stripe_webhook, name="stripe-webhook"),
]
