"""`make run`: run a web process and a worker for development until Ctrl-C."""

import signal
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from development import first_data, launcher

BANNER = """
  Get Images is ready at {url}

    Sign in as   {demo_email}   {demo_password}
    Staff        {staff_email}  {staff_password}   at {url}/admin/
    API key      {api_key}
    Mail         {url}/dev/mail shows every sent email

  Connect an agent with this URL, and sign in:

    {url}/api/mcp
    claude mcp add --transport http get-images {url}/api/mcp

  Or with the key:

    claude mcp add --transport http get-images {url}/api/mcp --header "Authorization: Bearer {api_key}"

  Or get the balance with curl:

    curl -sS {url}/api/mcp -H "Authorization: Bearer {api_key}" -H "Content-Type: application/json" \
-d '{call}'

  Press Ctrl-C to stop. Data and keys are kept in .local/.
"""
BALANCE_CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getimages_get_account","arguments":{}}}'


class Command(BaseCommand):
    help = "Run a web process and a worker for development. The environment variable PORT sets the port."

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        if not settings.DEBUG:
            raise CommandError(
                "This command is for development only. Set DEBUG=1, or deploy uvicorn and `manage.py worker`."
            )
        if launcher.is_taken(settings.PORT):
            raise CommandError(
                f"Port {settings.PORT} is in use. Choose another port: make run PORT={settings.PORT + 1}"
            )
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
            banner = BANNER.format(
                url=running.url,
                call=BALANCE_CALL,
                demo_email=first_data.DEMO_EMAIL,
                demo_password=credentials.demo_password,
                staff_email=first_data.STAFF_EMAIL,
                staff_password=credentials.staff_password,
                api_key=credentials.api_key,
            )
            self.stdout.write(banner)
            self.stdout.flush()
            exited = running.wait_for_exit()
        raise ChildProcessError(f"The {exited} process exited unexpectedly. Its last output is above.")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
