"""URL of the development mailbox."""

from django.urls import path

from development.views import mailbox

urlpatterns = [path("dev/mail", mailbox, name="development-mail")]
