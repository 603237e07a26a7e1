"""Serve web and worker for development, until Ctrl-C: what `make run` runs."""

import signal
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from development import first_data, launcher

BLOCK = """
  Get Images is ready at {url}

    Sign in as   {demo_email}   {demo_password}
    Staff        {staff_email}  {staff_password}   at {url}/admin/
    API key      {api_key}
    Mail         {url}/dev/mail shows what the site sends

  Connect an agent:

    claude mcp add --transport http get-images {url}/api/mcp --header "Authorization: Bearer {api_key}"

  Or ask for the balance by hand:

    curl -sS {url}/api/mcp -H "Authorization: Bearer {api_key}" -H "Content-Type: application/json" \
-d '{call}'

  Ctrl-C stops it. Data and keys stay in .local/.
"""
CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getimages_get_account","arguments":{}}}'


class Command(BaseCommand):
    help = "Run the whole service for development on one machine; the environment variable PORT sets its port."

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        if not settings.DEBUG:
            raise CommandError("This is for development: set DEBUG=1, or deploy uvicorn and the worker command.")
        if launcher.is_taken(settings.PORT):
            raise CommandError(f"Port {settings.PORT} is taken. Choose another one: make run PORT={settings.PORT + 1}")
        try:
            self.serve()
        except (ChildProcessError, TimeoutError) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def serve(self) -> None:
        call_command("migrate", verbosity=0)
        credentials = first_data.ensure()
        with launcher.running(settings.PORT) as running:
            block = BLOCK.format(
                url=running.url,
                call=CALL,
                demo_email=first_data.DEMO_EMAIL,
                demo_password=credentials.demo_password,
                staff_email=first_data.STAFF_EMAIL,
                staff_password=credentials.staff_password,
                api_key=credentials.api_key,
            )
            self.stdout.write(block)
            self.stdout.flush()
            ended = running.wait_for_any_to_end()
        raise ChildProcessError(f"The {ended} process has ended by itself; its last lines are above.")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
