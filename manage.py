#!/usr/bin/env python
"""Django's commands, with a database and a queue of our own where none are named."""

import os
import signal
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
BARE = ("messages",)  # commands that need no server


def main() -> None:
    """Run one command; its servers live as long as it does, or are those of a `make run`."""
    from tutorai import embedded

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutorai.settings")
    folder = Path(os.environ.get("DATA_DIR") or HOME / ".data")
    address = folder / "public_url"  # written by `manage.py up`
    if not os.environ.get("DATABASE_URL"):
        os.environ.setdefault("DEVELOPMENT", "1")
        if address.exists():
            os.environ.setdefault("PUBLIC_URL", address.read_text())
    try:
        servers = embedded.start(folder) if sys.argv[1:2] != [*BARE] else []
    except embedded.CannotStart as error:
        sys.exit(str(error))
    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    finally:
        embedded.stop(servers)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
