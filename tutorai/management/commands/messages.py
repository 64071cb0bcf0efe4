"""Message catalogues without a system gettext: found, merged, checked and compiled with Babel.

manage.py messages            compile what changed (tests, make run, image build)
manage.py messages --update   find the strings in code and templates, merge, compile
manage.py messages --check    say what is not translated, and fail
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

PACKAGES = ("tutorai", "lti", "connectors", "agents", "templates")
LEFT_OUT = (
    "connectors/sandbox",
    "connectors/canvas/fake",
)  # the pretend LMS speaks English
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


def catalogues() -> Iterator[Path]:
    """Yield the .po files of the product."""
    yield from sorted(Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"))


def compile_all() -> list[Path]:
    """Compile every catalogue newer than its .mo; return those compiled."""
    done = []
    for path in catalogues():
        binary = path.with_suffix(".mo")
        if binary.exists() and binary.stat().st_mtime >= path.stat().st_mtime:
            continue
        beside = binary.with_suffix(f".{id(path)}.tmp")  # test workers may compile at once
        with beside.open("wb") as file:
            write_mo(file, read(path))
        beside.replace(binary)
        done.append(path)
    return done


def read(path: Path) -> Catalog:
    """Read a catalogue; its language is its folder's name."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def template() -> Catalog:
    """Return every string of code and templates, each with the files it stands in."""
    found = Catalog(project="Tutor.AI", charset="utf-8")
    for path in _sources():
        name = path.relative_to(settings.BASE_DIR).as_posix()
        for line, message, comments, context in extract("python", _text(path), KEYWORDS):
            found.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return found


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((settings.BASE_DIR / package).rglob("*")):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            if path.suffix in {".py", ".html", ".txt"} and not name.startswith(LEFT_OUT):
                yield path


def _text(path: Path) -> io.BytesIO:
    """Return Python: of a template, its strings as calls. Margins go, for they are not Python's."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        lines = templatize(text, origin=str(path)).splitlines()
        text = "\n".join(line.strip() for line in lines)
    return io.BytesIO(text.encode())


def merge(path: Path, found: Catalog) -> None:
    """Bring a catalogue up to date: new strings come in empty, gone ones leave."""
    catalogue = read(path)
    written = catalogue.creation_date
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = written  # else every run would change the file
    with path.open("wb") as file:
        write_po(file, catalogue, sort_output=True, include_lineno=False, width=100)


def faults(path: Path, found: Catalog) -> list[str]:
    """Return what is wrong with a catalogue, a line each."""
    catalogue = read(path)
    wrong = []
    for message in found:
        if not message.id:
            continue
        ours = catalogue.get(message.id, message.context)
        if ours is None:
            wrong.append(f"not in the catalogue: {message.id!r}")
        elif not all(_forms(ours.string)):
            wrong.append(f"not translated: {message.id!r}")
        elif ours.fuzzy:
            wrong.append(f"fuzzy: {message.id!r}")
        elif not _agree(_forms(message.id), _forms(ours.string)):
            wrong.append(f"other placeholders: {message.id!r}")
    return wrong


def _forms(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _agree(ours: list[str], theirs: list[str]) -> bool:
    wanted = [sorted(PLACEHOLDER.findall(form)) for form in ours]
    return all(sorted(PLACEHOLDER.findall(form)) in wanted for form in theirs)


class Command(BaseCommand):
    help = "Compile the message catalogues; --update finds new strings, --check fails on a gap."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--update", action="store_true", help="find and merge the strings")
        parser.add_argument("--check", action="store_true", help="fail when something is missing")

    def handle(self, *, update: bool, check: bool, **options: Any) -> str:
        if update or check:
            found = template()
            for path in catalogues():
                if update:
                    merge(path, found)
                if check and (wrong := faults(path, found)):
                    raise CommandError("\n".join([f"{path}:", *wrong]))
        done = compile_all()
        return f"Compiled {len(done)} of {len(list(catalogues()))}."
