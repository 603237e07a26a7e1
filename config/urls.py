"""The addresses of the site. MCP is answered before Django: see config/asgi.py."""

from django.contrib import admin
from django.urls import path

from images import views as images

urlpatterns = [
    path("i/<str:token>", images.picture, name="picture"),
    path("admin/", admin.site.urls),
]
