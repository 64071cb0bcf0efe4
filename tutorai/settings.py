"""Every setting, from the environment, with laptop defaults. `.env.example` lists them all."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from tutorai.agency.toolkit import provider

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / ".data")))

# --- where we are ---------------------------------------------------------------------------
# Development mode (`make run`, tests): loopback platforms over plain http are accepted.
DEVELOPMENT = env.bool("DEVELOPMENT", False)
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "development-only-secret-key-that-no-server-may-keep")
# `id:base64url(32 bytes)`, newest first; what rests encrypted (tutorai.crypto).
SECRET_KEYS = env.list("SECRET_KEYS", default=[])
# The address of this tool as browsers see it. Every URL we sign or register starts with it.
PUBLIC_URL = env.str("PUBLIC_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["*"] if DEVELOPMENT else [urlsplit(PUBLIC_URL).hostname or ""]
)
# Addresses or networks of our own proxies: only they may say whom they speak for
# (X-Forwarded-For). Where sign-ins are locked, that address counts.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
# Private hosts (name, address or network) that the SSRF guard lets through, e.g. a Moodle on 10.x.
ALLOWED_PRIVATE_HOSTS = env.list("ALLOWED_PRIVATE_HOSTS", default=[])
HTTPS_PROXY = env.str("HTTPS_PROXY", "")  # calls to LMSs go through it
EXTRA_CA_BUNDLE = env.str("EXTRA_CA_BUNDLE", "")  # a PEM file beside the system's

# --- Django ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "tutorai.staff.apps.StaffConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_linear_migrations",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.mfa",
    "auditlog",
    "ninja",  # its page of the API, with files of its own
    "tutorai",
    "tutorai.lmsdm",
    "tutorai.ledger",
    "lti",
    "connectors",
    "agents",
    "oauth2_provider",
    "tutorai.agency",
]
# Async all through: a sync middleware would cost every request a thread hop. What only accounts
# need is Django's own, passing by every path but these (tutorai.web.staff).
SESSION_PATHS = ("/admin/", "/institution/", "/sign-in/")
MIDDLEWARE = [
    "tutorai.web.middleware.security",
    "tutorai.web.middleware.language",
    "tutorai.web.repeats.repeats",
    "tutorai.web.staff.Staff",
    "allauth.account.middleware.AccountMiddleware",  # keeps the request at hand; costs no hop
]
ROOT_URLCONF = "tutorai.urls"
ASGI_APPLICATION = "tutorai.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tutorai.web.halls.asked",
            ],
        },
    }
]
UNFOLD = {
    "SITE_TITLE": "Tutor.AI",
    "SITE_HEADER": "Tutor.AI",
    "SITE_URL": None,
    "SIDEBAR": {"navigation": "tutorai.staff.menu.navigation"},
    "STYLES": ["/static/staff.css"],
}
AUTH_USER_MODEL = "tutorai.Account"
LOGIN_URL = "/sign-in/"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Sign-in of accounts: e-mail and password, then TOTP or a passkey (django-allauth, tutorai.web.signin).
# Nobody signs up: one is invited.
LOGIN_REDIRECT_URL = "/institution/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_ADAPTER = "tutorai.web.signin.adapters.Accounts"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "tutorai.web.signin.adapters.shown"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # the invitation went to the address
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Tutor.AI] "
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a changed password or second factor
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True  # a link would carry its secret through every log
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(PUBLIC_URL).scheme
# Failed passwords and codes lock the pair (account, address): django-axes, below. allauth would
# count by address alone, which is a whole school's. Its one limit that stays is on codes after a
# right password, from wherever they come: a code has a million values only.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "30/h/key",
    "reset_password": "5/h/key",
    "reset_password_from_key": None,
}
MFA_ADAPTER = "tutorai.web.signin.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Tutor.AI"
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds: a telephone's clock is not exact
MFA_FORMS = {
    "authenticate": "tutorai.web.signin.forms.Code",
    "reauthenticate": "tutorai.web.signin.forms.CodeAgain",
}
MFA_RATE_LIMITS = {"webauthn_login": None}
SOCIALACCOUNT_ADAPTER = "tutorai.web.signin.schools.Schools"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an equal address proves nothing
SOCIALACCOUNT_STORE_TOKENS = False
SESSION_COOKIE_AGE = 12 * 3600  # seconds
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [
    ["username", "ip_address"]
]  # one NAT per school: never the address alone
AXES_CLIENT_IP_CALLABLE = "tutorai.web.address.client"
AXES_USERNAME_CALLABLE = "tutorai.web.signin.locks.named"
AXES_LOCKOUT_CALLABLE = "tutorai.web.signin.locks.locked"
AXES_SENSITIVE_PARAMETERS = ["password", "login", "code", "credential", "oldpassword"]
AXES_VERBOSE = False
# They look for middleware by name; ours stands inside tutorai.web.staff.Staff.
SILENCED_SYSTEM_CHECKS = ["axes.W002", "admin.E408", "admin.E409", "admin.E410"]
CSRF_FAILURE_VIEW = "tutorai.web.errors.no_token"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]  # behind a proxy that ends TLS we see plain http
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEVELOPMENT
SESSION_COOKIE_HTTPONLY = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = (
    3 * 1024 * 1024
)  # bytes; files stream to disk and have a limit of their own

# --- services -------------------------------------------------------------------------------
# manage.py and the tests set both when they run embedded servers (tutorai.embedded).
DATABASES = {"default": env.db_url("DATABASE_URL", "postgresql://localhost/tutorai")}
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # else a restart of Postgres breaks one use each
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
    "min_size": 0,
    "max_size": env.int("DATABASE_POOL", 20),
    "timeout": 10,  # seconds to wait for a free connection
}
# Times a statement of the hot path runs before it is prepared; 0: never, as some poolers need.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = env.int("DATABASE_PREPARE", 5) or None
# Who owns the tables, for `migrate` alone. The role of DATABASE_URL then owns nothing, and cannot
# change the audit log (docs/audit.md).
if env.str("DATABASE_OWNER_URL", ""):
    DATABASES["owner"] = {**env.db_url("DATABASE_OWNER_URL"), "CONN_MAX_AGE": 0}
DATABASE_THREADS = env.int("DATABASE_THREADS", 8)  # threads a web process keeps for the database
REDIS_URL = env.str("REDIS_URL", "redis://localhost:6379")
REDIS_PREFIX = env.str("REDIS_PREFIX", "tutor")  # several installations may share one server
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_PREFIX,
        # A Redis that hangs must not hold the threads that answer people.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},  # seconds
    }
}
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # seconds; over twice the longest task
    "visibility_timeout": env.int("VISIBILITY_SECONDS", 3 * 3600),
    "global_keyprefix": f"{REDIS_PREFIX}:",
    # Whoever nudges does not wait for a Redis that is away; workers and schedulers try on anyway.
    "max_retries": 0,
    "socket_connect_timeout": 2,  # seconds
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 3600  # seconds
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Asked to end (with REMAP_SIGTERM=SIGQUIT), a worker has as long to finish what it does; the rest
# is handed back to others (tutorai.apps).
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = env.float("SHUTDOWN_SECONDS", 25.0)
CELERY_TASK_DEFAULT_QUEUE = "interactive"
CELERY_BEAT_SCHEDULER = "tutorai.beat.Single"
# At this hour (UTC) everything of every connected course begins to be compared with its LMS.
SYNC_NIGHT_HOUR = env.int("SYNC_NIGHT_HOUR", 2)
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "tutorai.tasks.sweep",
        "schedule": env.float("SWEEP_SECONDS", 15.0),
        "options": {"queue": "interactive"},
    },
    "alarm": {
        "task": "tutorai.tasks.alarm",
        "schedule": 60.0,  # seconds
        "options": {"queue": "interactive"},
    },
    "tidy": {
        "task": "tutorai.tasks.tidy",
        "schedule": 60 * 60.0,  # seconds
        "options": {"queue": "bulk"},
    },
    "turn_keys": {
        "task": "tutorai.tasks.turn_keys",
        "schedule": 60 * 60.0,  # seconds
        "options": {"queue": "bulk"},
    },
    "resync": {
        "task": "tutorai.tasks.resync",
        "schedule": 15 * 60.0,  # seconds
        "options": {"queue": "sync"},
    },
    "reconcile": {
        "task": "tutorai.tasks.reconcile",
        "schedule": crontab(minute="5", hour=str(SYNC_NIGHT_HOUR)),
        "options": {"queue": "sync"},
    },
}
# Our own pauses, leases and holds are this many times as long: trials run faster than life.
DELAYS = env.float("DELAYS", 1.0)
KEY_DAYS = env.float("KEY_DAYS", 30.0)  # one of our key pairs signs as long (docs/keys.md)
BLACKBOARD_DAILY_CALLS = env.int("BLACKBOARD_DAILY_CALLS", 10_000)  # what Anthology granted
MOODLE_RATE = env.float("MOODLE_RATE", 4.0)  # calls a second that one Moodle bears
SYNC_HOURS = env.float("SYNC_HOURS", 6.0)  # a connected course is read again after as long
# Where the public keys stand that Canvas signs its Live Events with; empty: none are taken.
# https://community.canvaslms.com: "How do I configure and test Canvas Live Events using HTTPS"
CANVAS_EVENTS_JWKS = env.str(
    "CANVAS_EVENTS_JWKS", "https://8axpcl50e4.execute-api.us-east-1.amazonaws.com/main/jwks"
)
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(DATA_DIR / "media")))  # private: never served directly
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
UPLOAD_LIMIT = env.int("UPLOAD_LIMIT_MB", 50) * 1024 * 1024  # bytes a file
CARTRIDGE_LIMIT = env.int("CARTRIDGE_LIMIT_MB", 200) * 1024 * 1024  # bytes a packed course
# Processor time to read one file; a PDF of 900 pages takes some 20 s.
READING_SECONDS = env.float("READING_SECONDS", 120.0)
# The program that reads scanned pages and pictures, if it is installed; empty: none.
TESSERACT = env.str("TESSERACT", "tesseract")
OCR_SECONDS = env.float("OCR_SECONDS", 300.0)  # for all of one file

# Calls of one person to what /v1 reads; 0: no limit.
API_PER_MINUTE = env.int("API_PER_MINUTE", 600)

# --- the language model ---------------------------------------------------------------------
# Without a key the product answers with quoted passages, and says so.
OPENAI_API_KEY = env.str("OPENAI_API_KEY", "")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", "https://api.openai.com/v1")
OPENAI_MODEL = env.str("OPENAI_MODEL", "gpt-4o-mini")
OPENAI_SMALL_MODEL = env.str("OPENAI_SMALL_MODEL", "")  # judges turns; empty: the same
# What OPENAI_MODEL can do, as `manage.py probe_model` shows.
OPENAI_TOOLS = env.bool("OPENAI_TOOLS", False)
OPENAI_VISION = env.bool("OPENAI_VISION", False)
# Where the endpoint processes texts, and what its provider promises, as administrators read it.
OPENAI_REGION = env.str("OPENAI_REGION", "")
OPENAI_RESIDENCY = env.str("OPENAI_RESIDENCY", "")
# Empty: the embedded model (English). Else a model of the endpoint above.
OPENAI_EMBEDDING_MODEL = env.str("OPENAI_EMBEDDING_MODEL", "")
MODEL_FIRST_SECONDS = env.float("MODEL_FIRST_SECONDS", 20.0)  # to wait for the first token
MODEL_BETWEEN_SECONDS = env.float("MODEL_BETWEEN_SECONDS", 15.0)  # between two tokens
MODEL_TOTAL_SECONDS = env.float("MODEL_TOTAL_SECONDS", 120.0)  # for one whole answer
# US dollars for a million tokens, read and written; what the cap is counted with.
MODEL_PRICE_IN = env.float("MODEL_PRICE_IN", 0.15)
MODEL_PRICE_OUT = env.float("MODEL_PRICE_OUT", 0.60)
SMALL_PRICE_IN = env.float("SMALL_PRICE_IN", 0.15)  # of OPENAI_SMALL_MODEL
SMALL_PRICE_OUT = env.float("SMALL_PRICE_OUT", 0.60)
EMBEDDING_PRICE = env.float("EMBEDDING_PRICE", 0.02)  # read by OPENAI_EMBEDDING_MODEL
# A month of one institution, where it sets no cap of its own (US cents).
MONTHLY_CAP_CENTS = env.int("MONTHLY_CAP_CENTS", 5000)

# --- programs that work for people (docs/mcp.md) --------------------------------------------
# Pages in browsers, by their origin, that may call /mcp; programs outside browsers send none.
MCP_ORIGINS = env.list("MCP_ORIGINS", default=[])
# Beside https and http://localhost: whose addresses a program may be called back by.
MCP_REDIRECT_SCHEMES = env.list("MCP_REDIRECT_SCHEMES", default=["cursor", "vscode"])
OAUTH2_PROVIDER_APPLICATION_MODEL = "agency.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "agency.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "agency.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "agency.RefreshToken"
OAUTH2_PROVIDER = provider(PUBLIC_URL, MCP_REDIRECT_SCHEMES)

# Looks at what students write before it is answered; empty: nothing does. It speaks OpenAI's
# moderations protocol. Where it is silent all passes, or, closed, nothing does (docs/care.md).
MODERATION_URL = env.str("MODERATION_URL", "")
MODERATION_KEY = env.str("MODERATION_KEY", "")
MODERATION_MODEL = env.str("MODERATION_MODEL", "")
MODERATION_CLOSED = env.bool("MODERATION_CLOSED", False)
# What a student sends with a question: bytes a file, and files of one person in 24 hours.
ATTACHMENT_LIMIT = env.int("ATTACHMENT_LIMIT_MB", 8) * 1024 * 1024
ATTACHMENTS_A_DAY = env.int("ATTACHMENTS_A_DAY", 30)

# --- alerts ----------------------------------------------------------------------------------
# Operators hear of buried jobs by mail, by a webhook that Slack would understand, or both.
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", "")
ALERT_EVERY = env.float("ALERT_EVERY", 15.0)  # minutes between two messages, at least
MAIL = env.email_url("EMAIL_URL", default="smtp://localhost:25")
EMAIL_BACKEND, EMAIL_FILE_PATH = MAIL["EMAIL_BACKEND"], MAIL["EMAIL_FILE_PATH"]
EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_HOST"], MAIL["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_USER"], MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.get("EMAIL_USE_TLS", False), MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "tutorai@localhost")

# --- language and time ----------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- logs -----------------------------------------------------------------------------------
# "log": each event of the audit log on standard output too, a line of JSON (docs/audit.md).
AUDIT_SINK = env.str("AUDIT_SINK", "")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"masked": {"()": "tutorai.logs.Masked"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "bare": {"format": "%(message)s"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["masked"],
        },
        "events": {
            "class": "logging.StreamHandler",
            "formatter": "bare",
            "stream": "ext://sys.stdout",
        },
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        # httpx logs every URL it calls; LMS URLs can carry ids of people.
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "axes": {"level": "ERROR"},  # below, it names who signs in
        "fido2": {"level": "WARNING"},
        "mcp": {"level": "WARNING"},
        "tutorai.audit": {
            "handlers": ["events"] if AUDIT_SINK == "log" else [],
            "level": "INFO",
            "propagate": False,
        },
        "django": {"handlers": []},  # with DEBUG its own would say all a second time
    },
}
SENTRY_DSN = env.str("SENTRY_DSN", "")
# What Prometheus shows to read /metrics; empty: there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
