"""The tables of the tests: migrated once, then restored from what Postgres says of them.

A hundred migrations take as long as a thousand tests. What they make is kept beside pytest's own
cache for a day (months of the audit log are made ahead) and for as long as none of them changes.
"""

import fcntl
import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from django.apps import apps
from django.core.management import call_command

from tutorai import rights


def fill(folder: Path) -> None:
    """Make the tables in the database of DATABASE_OWNER_URL; `folder` keeps them for the next."""
    programs = os.environ.get("TEST_PROGRAMS")
    if not programs:  # a server of somebody's own: its programs may be of another version
        _migrate()
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:  # another process may be at it
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = folder / _digest()
        if not kept.exists():
            _migrate()
            _keep(Path(programs), kept)
        else:
            _restore(Path(programs), kept)


def _migrate() -> None:
    gc.disable()  # classes come and go by the thousand: half the time would go into looking
    call_command("migrate", verbosity=0)
    gc.enable()


def _keep(programs: Path, kept: Path) -> None:
    for old in kept.parent.glob("*-*"):
        old.unlink()
    part = kept.with_name("part")
    words = ["--dbname", os.environ["DATABASE_OWNER_URL"], "--format", "custom", "--compress", "0"]
    subprocess.run([programs / "pg_dump", *words, "--file", part], check=True)
    part.replace(kept)


def _restore(programs: Path, kept: Path) -> None:
    words = ["--dbname", os.environ["DATABASE_OWNER_URL"], "--single-transaction"]
    subprocess.run([programs / "pg_restore", *words, "--exit-on-error", kept], check=True)


def _digest() -> str:
    """Name what the tables come from: the migrations, the rights on them, and the day."""
    made = sha256(sys.version.encode())
    for path in _sources():
        made.update(path.read_bytes())
    return f"{datetime.now(UTC):%Y%m%d}-{made.hexdigest()}"


def _sources() -> Iterator[Path]:
    for app in sorted(apps.get_app_configs(), key=lambda app: app.name):
        yield from sorted(Path(app.path).glob("migrations/*.py"))
        yield from sorted(Path(app.path).glob("models.py"))  # permissions, and kinds of content
        yield from sorted(Path(app.path).glob("models/*.py"))
    yield Path(rights.__file__)
