"""Rules of the house."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.loader import get_template

from tutorai import errors
from tutorai.celery import Queue
from tutorai.celery import app as celery

HOME = Path(__file__).resolve().parent.parent
TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=HOME, capture_output=True, text=True, check=True
).stdout.split("\0")
TEXTS = [
    path
    for path in (HOME / name for name in TRACKED if name)
    if path.suffix in {".py", ".html", ".js", ".md", ".toml", ".yml", ".css"} and path.exists()
]
TEMPLATES = sorted((HOME / "templates").rglob("*.html"))
READ = re.compile(r"\benv\.\w+\(\s*\"([A-Z_]+)\"")
LISTED = re.compile(r"^#? ?([A-Z_]+)=", re.MULTILINE)


def tree(root: type[errors.TutorError]) -> Iterator[type[errors.TutorError]]:
    for child in root.__subclasses__():
        yield child
        yield from tree(child)


def test_the_example_environment_lists_exactly_what_settings_read() -> None:
    read = set(READ.findall((HOME / "tutorai" / "settings.py").read_text()))

    assert set(LISTED.findall((HOME / ".env.example").read_text())) == read


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in tree(errors.TutorError)]

    assert len(codes) == len(set(codes))


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


def test_no_key_and_no_path_of_a_machine_stands_in_the_sources() -> None:
    forbidden = re.compile("-----BEGIN [A-Z ]*PRIVATE " + "KEY|/wor" + "k/|/ro" + "ot/")

    assert [path for path in TEXTS if forbidden.search(path.read_text(errors="replace"))] == []
