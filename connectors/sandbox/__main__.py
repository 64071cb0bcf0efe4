"""Start the sandbox LMS: `python -m connectors.sandbox --port 8001`."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
from urllib.parse import unquote, urlsplit

import psycopg
import uvicorn
from psycopg import sql


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m connectors.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--url", help="address browsers use; default http://<host>:<port>")
    parser.add_argument("--tool-url", default="http://localhost:8000")
    parser.add_argument("--log-level", default="warning")
    return parser.parse_args()


def make_database(url: str) -> None:
    """Create the sandbox's own database on that server when it is missing."""
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    # The maintenance database that every PostgreSQL server has.
    with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        try:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            return  # another sandbox was faster


def prepare() -> None:
    """Bring the tables up to date and put the first world in."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from connectors.sandbox import settings, world

    world.seed(tool_url=settings.TOOL_URL)


def main() -> None:
    """Serve until stopped."""
    asked = options()
    os.environ["SANDBOX_URL"] = asked.url or f"http://{asked.host}:{asked.port}"
    os.environ["SANDBOX_TOOL_URL"] = asked.tool_url
    os.environ["DJANGO_SETTINGS_MODULE"] = "connectors.sandbox.settings"
    from connectors.sandbox.settings import database_url

    url = database_url()
    if not url:
        sys.exit("The sandbox needs DATABASE_URL or SANDBOX_DATABASE_URL; `make run` sets them.")
    make_database(url)
    prepare()
    config = uvicorn.Config(
        "connectors.sandbox.asgi:application",
        log_level=asked.log_level,
        access_log=False,
        lifespan="off",
        date_header=False,  # a world's clock may be wrong: see faults.Traffic
        timeout_graceful_shutdown=2,  # seconds; a stopped sandbox need not drain
    )
    uvicorn.Server(config).run(sockets=listening(asked.host, asked.port))


def listening(host: str, port: int) -> list[socket.socket]:
    """Open the port; on loopback for IPv6 too, where `localhost` may lead."""
    try:
        sockets = [socket.create_server((host, port), backlog=2048)]
    except OSError as error:
        sys.exit(f"The sandbox cannot have {host}:{port}: {error.strerror}.")
    if host == "127.0.0.1":
        with contextlib.suppress(OSError):  # a machine without IPv6, or the port is somebody's
            sockets.append(
                socket.create_server(("::1", port), family=socket.AF_INET6, backlog=2048)
            )
    return sockets


if __name__ == "__main__":
    main()
