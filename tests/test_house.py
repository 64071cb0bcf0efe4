"""Rules of the house."""

import ast
import re
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.template.loader import get_template
from django.urls import URLPattern, get_resolver
from django.utils import translation

from connectors import errors as _connections  # noqa: F401  # they are errors too
from connectors import registry
from lti import errors as _launches  # noqa: F401  # they are errors too
from lti.registration import errors as _registrations  # noqa: F401
from tutorai import errors
from tutorai.api import api
from tutorai.celery import Queue
from tutorai.celery import app as celery

HOME = Path(__file__).resolve().parent.parent
TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=HOME, capture_output=True, text=True, check=True
).stdout.split("\0")
READ_AS_TEXT = {".py", ".html", ".js", ".md", ".toml", ".yml", ".css", ""}
FILES = [path for path in (HOME / name for name in TRACKED if name) if path.is_file()]
TEXTS = [path for path in FILES if path.suffix in READ_AS_TEXT]
OURS = [
    path
    for path in FILES
    if path.suffix == ".py"
    and path.relative_to(HOME).parts[0] in {"tutorai", "lti", "connectors", "agents"}
    and "migrations" not in path.parts
]
TEMPLATES = sorted((HOME / "templates").rglob("*.html"))
# What has a client, a fake or a wire speaks to an LMS.
SPEAKING = [
    p for part in ("client.py", "fake", "wire.py") for p in HOME.glob(f"connectors/*/{part}")
]
DIALECTS = sorted({path.parent.name for path in SPEAKING} | {*registry.DIALECTS})
ERRORS = list(errors.every())
READ = re.compile(r"\benv\.\w+\(\s*\"([A-Z_]+)\"")
LISTED = re.compile(r"^#? ?([A-Z_]+)=", re.MULTILINE)
PASSED = re.compile(r"^ +([A-Z_]+_URL): ", re.MULTILINE)

# Who asks for these needs no session, and gets nobody's data.
PUBLIC = {
    "healthz",
    "readyz",
    "static/<path:path>",
    "lti/login",
    "lti/login/<slug:slug>",
    "lti/launch",
    "lti/launch/confirm",
    "lti/jwks",
    "lti/canvas.json",
    "lti/register/<str:secret>",  # that secret, an invite's, is the authority
    "join/<str:secret>",  # that secret, a course's, is the authority
    "lti/notices",  # each is signed by its platform
    "connect/canvas/events",  # each is signed by Canvas
    "connect/<slug:lms>/go",  # a secret that only the page in the course has
    "connect/<slug:lms>/callback",  # a state, and the cookie of the window that goes with it
    # Programs call these before they have a token; a person who grants shows who they are.
    ".well-known/oauth-protected-resource",
    ".well-known/oauth-protected-resource/mcp",
    ".well-known/oauth-authorization-server",
    "oauth/authorize",
    "oauth/token",
    "oauth/register",
    "oauth/revoke",
    "app/<uuid:launch>/",
    "files/<str:named>",  # its name is signed, and good for a minute
    "files/drafts/<str:named>",  # likewise
    "files/plan/<str:named>",  # likewise
    "files/asked/<str:named>",  # likewise
}
PUBLIC_V1 = {("/v1/token/refresh", "post")}  # the secret in its body is the proof
# What guards these is not ours: the staff site, the API's own `auth`, allauth at the sign-in.
GUARDED = ("admin/", "v1/", "sign-in/")


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every route with its view."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern.callback
        else:
            yield from routes(pattern.url_patterns, route)


def test_every_url_says_who_may_ask_and_only_the_listed_ones_are_public() -> None:
    ours = {
        route: getattr(view, "access", None)
        for route, view in routes(get_resolver().url_patterns)
        if not route.startswith(GUARDED)
    }

    assert {route for route, access in ours.items() if access is None} == set()
    assert {route for route, access in ours.items() if access == []} == PUBLIC


def test_every_operation_of_the_api_needs_a_session_but_the_listed_ones() -> None:
    paths = api.get_openapi_schema()["paths"]

    opened = {
        (path, method)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if not operation.get("security")
    }

    assert opened == PUBLIC_V1


def test_the_example_environment_lists_exactly_what_settings_read() -> None:
    read = set(READ.findall((HOME / "tutorai" / "settings.py").read_text()))

    assert set(LISTED.findall((HOME / ".env.example").read_text())) == read


def test_what_the_compose_file_passes_is_read_and_the_rest_of_the_environment_too() -> None:
    text = (HOME / "docker-compose.yml").read_text()
    read = set(READ.findall((HOME / "tutorai" / "settings.py").read_text()))

    assert {"DATABASE_URL", "DATABASE_OWNER_URL"} <= set(PASSED.findall(text)) <= read
    assert "env_file: [{path: .env, required: false}]" in text


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in ERRORS]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_every_error_says_its_facts_in_every_language(error: type[errors.TutorError]) -> None:
    facts = dict.fromkeys(re.findall(r"%\((\w+)\)", str(error.message)), "a fact")

    for language in ("en", "es"):
        with translation.override(language):
            assert (str(error.message) % facts).count("a fact") == len(facts)
            assert "%(" not in errors.words(error.code)


def test_a_code_nobody_knows_any_more_stands_for_itself() -> None:
    assert errors.words("gone") == "gone"
    assert errors.words("bad_request") == "This cannot be used: …"


def test_facts_nobody_kept_are_no_facts() -> None:
    assert dict(errors.Unknown()) == {}
    assert len(errors.Unknown()) == 0


def test_every_task_names_its_queue() -> None:
    ours = {name for name in celery.tasks if name.startswith("tutorai.")}

    assert ours == set(celery.conf.task_routes)
    assert {route["queue"] for route in celery.conf.task_routes.values()} <= set(Queue)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_template_can_be_read_and_a_page_has_a_title(path: Path) -> None:
    name = str(path.relative_to(HOME / "templates"))
    text = path.read_text()

    get_template(name)

    assert "{% extends" not in text or "{% block title %}" in text


def test_the_migrations_stand_in_one_line_and_tell_what_the_models_say() -> None:
    said = StringIO()

    call_command("check", stderr=said)
    call_command("makemigrations", check=True, dry_run=True, stdout=said)

    assert said.getvalue() == "No changes detected\n"


@pytest.mark.parametrize("lms", DIALECTS)
def test_an_lms_is_one_folder_and_stands_where_it_is_looked_for(lms: str) -> None:
    """Its client, mapper and fake; its LTI facts; how the contract meets it; a line of its own."""
    folder = HOME / "connectors" / lms

    assert {"address", "client", "mapper", "wire", "fake"} <= {p.stem for p in folder.iterdir()}
    assert (HOME / "lti" / "platforms" / f"{lms}.py").is_file()
    assert (HOME / "tests" / "dialects" / f"{lms}.py").is_file()
    assert lms in registry.DIALECTS


def test_a_module_of_ours_is_read_in_one_sitting() -> None:
    long = {path.name: n for path in OURS if (n := len(path.read_text().splitlines())) > 400}

    assert long == {}


# Who may do what leads to an effect in a gradebook, or in a course of an LMS: nobody else, anywhere
# in our sources.
DOORS = {
    "gradebook.promise": {"tutorai/flows.py:approve", "tutorai/flows.py:overwrite"},
    "grades.promise": {"tutorai/gradebook.py:promise"},
    "GradeIntent": {"tutorai/ledger/grades.py:promise"},
    "GradeIntent.objects.create": set(),
    "GradeIntent.objects.bulk_create": set(),
    "GradeIntent.objects.get_or_create": set(),
    "GradeIntent.objects.update_or_create": set(),
    "delivery.deliver": {"tutorai/flows.py:send_grade"},
    "outbox.promise": {"tutorai/flows.py:approve_draft"},
    "Publication": set(),
    "Publication.objects.create": {"tutorai/ledger/outbox.py:promise"},
    "Publication.objects.bulk_create": set(),
    "Publication.objects.get_or_create": set(),
    "Publication.objects.update_or_create": set(),
    "ways.deliver": {"tutorai/publishing.py:bring"},
}
SENDS = {"tutorai/ledger/delivery.py:_post"}  # `.send(` of a Gradebook, whatever it is called
# `.publish(` of a Publisher, whatever it is called; the other one is Redis's, and tells caches.
PUBLISHES = {"connectors/publishing.py:_send", "tutorai/lmsdm/cache.py:_tell"}


DOORKEEPERS = {"promise", "deliver", "GradeIntent", "delivery", "gradebook", "grades"}
DOORKEEPERS |= {"Publication", "outbox"}


def calls() -> Iterator[tuple[str, str]]:
    """Yield what is called in our sources ("a.b.c", without "self"), and the function it is in."""
    for path in OURS:
        where = path.relative_to(HOME)
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call):
                        name = ast.unparse(call.func).removeprefix("self.")
                        yield name, f"{where}:{function.name}"


def test_what_is_approved_leaves_through_one_door_alone() -> None:
    found: dict[str, set[str]] = {name: set() for name in DOORS}
    sent, published = set(), set()
    for name, where in calls():
        if name in found:
            found[name].add(where)
        if name.endswith(".send"):
            sent.add(where)
        if name.endswith(".publish"):
            published.add(where)

    assert found == DOORS
    assert sent == SENDS
    assert published == PUBLISHES


def test_the_names_of_those_doors_are_imported_under_no_other_name() -> None:
    renamed = [
        f"{path.name}: {name.name} as {name.asname}"
        for path in OURS
        for statement in ast.walk(ast.parse(path.read_text()))
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for name in statement.names
        if name.name in DOORKEEPERS
        and (name.asname not in {None, name.name} or name.name in {"promise", "deliver"})
    ]

    assert renamed == []


def test_no_key_and_no_path_of_a_machine_stands_in_the_sources() -> None:
    forbidden = re.compile("-----BEGIN [A-Z ]*PRIVATE " + "KEY|/wor" + "k/|/ro" + "ot/")

    assert [path for path in TEXTS if forbidden.search(path.read_text(errors="replace"))] == []
