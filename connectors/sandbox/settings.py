"""Settings of the sandbox LMS; nothing here reaches the product.

Environment: `SANDBOX_DATABASE_URL`, else `DATABASE_OWNER_URL` or `DATABASE_URL` with `_sandbox`
added to the name of the database (its own, which only an owner may make); `SANDBOX_URL`, where browsers and the tool reach it; `SANDBOX_TOOL_URL`, where
the tool is; `SANDBOX_DEVELOPMENT=1` opens the control routes to callers that are not on
loopback (a container network).
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import environ

BASE_DIR = Path(__file__).parent
WORLD_DIR = BASE_DIR / "world"


def database_url() -> str:
    """Return where the sandbox keeps its rows, or an empty string when nothing says so."""
    named = os.environ.get("SANDBOX_DATABASE_URL", "")
    product = os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL", "")
    if named or not product:
        return named
    parts = urlsplit(product)
    return urlunsplit(parts._replace(path=f"{parts.path}_sandbox"))


SANDBOX_URL = os.environ.get("SANDBOX_URL", "http://127.0.0.1:8001").rstrip("/")
TOOL_URL = os.environ.get("SANDBOX_TOOL_URL", "http://localhost:8000").rstrip("/")
DEVELOPMENT = os.environ.get("SANDBOX_DEVELOPMENT", "") == "1"

DEBUG = False
# Signs only the cookie that remembers as whom a visitor looks around: no secret of anybody.
SECRET_KEY = "sandbox-only-never-a-secret"
ALLOWED_HOSTS = ["*"]  # links are built from SANDBOX_URL, never from the Host header
ROOT_URLCONF = "connectors.sandbox.urls"
INSTALLED_APPS = ["connectors.sandbox"]
MIDDLEWARE = ["connectors.sandbox.faults.Traffic"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"context_processors": ["connectors.sandbox.visitor.viewer"]},
    }
]
DATABASES = {
    "default": {
        **environ.Env.db_url_config(database_url() or "postgres://localhost/tutorai_sandbox"),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 20}},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # bytes
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
