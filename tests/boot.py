"""An early plugin (`-p tests.boot`): servers and environment, before Django's settings are read.

The controller of xdist starts the servers; its workers inherit their addresses and take a
database, a Redis prefix and a port of their own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import certifi

from tutorai import embedded

if "TEST_SERVER" not in os.environ:
    folder = Path(tempfile.mkdtemp(prefix="tutorai-test-"))
    os.environ["DEVELOPMENT"] = "1"
    os.environ["DATA_DIR"] = str(folder)
    os.environ["EMAIL_URL"] = f"filemail:///{folder}/letters"
    # A test meets no authority. Each client of httpx reads all of them, for a fiftieth of a second.
    first, end, _others = certifi.contents().partition("-----END CERTIFICATE-----\n")
    (folder / "authority.pem").write_text(first + end)
    os.environ["SSL_CERT_FILE"] = str(folder / "authority.pem")
    servers = embedded.start(folder, fast=True)
    # Who names a server of their own names its owner; without one, the tests are the owner.
    os.environ["TEST_SERVER"] = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    for server in servers:
        if isinstance(server, embedded.Postgres):
            os.environ["TEST_PROGRAMS"] = str(server.programs())

    def leave() -> None:
        """Stop what was started and remove what it wrote."""
        embedded.stop(servers)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(leave)

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
DATABASE = f"test_{WORKER}_{os.getpid()}"
PORT = embedded.free_port()
os.environ["DATABASE_OWNER_URL"] = embedded.with_database(os.environ["TEST_SERVER"], DATABASE)
os.environ["DATABASE_URL"] = embedded.beside(os.environ["DATABASE_URL"], DATABASE)
os.environ["REDIS_PREFIX"] = DATABASE
os.environ["PUBLIC_URL"] = f"http://localhost:{PORT}"
os.environ["TRUSTED_PROXIES"] = "127.0.0.1"  # the tests, where they speak for several people
os.environ["BLACKBOARD_DAILY_CALLS"] = "1000000"
os.environ["MOODLE_RATE"] = "10000"
os.environ["METRICS_TOKEN"] = "a token of the tests"
