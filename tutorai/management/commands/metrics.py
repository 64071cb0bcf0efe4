"""The metrics on a port of their own, for who keeps it from the world."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from prometheus_client import start_http_server

from tutorai.metrics import registry


class Command(BaseCommand):
    help = "Serve /metrics of this installation on a private port, to whoever reaches it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=9100)
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")

    def handle(self, *, port: int, host: str, **_: Any) -> None:
        server, thread = start_http_server(port, host, registry())
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: server.shutdown())
        self.stdout.write(f"http://{host}:{port}/metrics")
        thread.join()  # until it was asked to end
        server.server_close()
