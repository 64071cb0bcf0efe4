"""The catalogues are complete, and stay so."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from django.core.management import CommandError, call_command
from django.utils import translation

from tutorai.management.commands import messages

SPANISH = next(messages.catalogues())


def catalogue(path: Path, **strings: str) -> Path:
    """Write a Spanish catalogue of these strings; return its path."""
    made = Catalog(locale="es")
    for name, text in strings.items():
        made.add(name, text)
    file = path / "es" / "LC_MESSAGES" / "django.po"
    file.parent.mkdir(parents=True)
    with file.open("wb") as out:
        write_po(out, made)
    return file


def found(*ids: str) -> Catalog:
    made = Catalog()
    for name in ids:
        made.add(name)
    return made


def test_every_string_is_translated_into_spanish_with_the_same_placeholders() -> None:
    assert messages.faults(SPANISH, messages.template()) == []


def test_strings_of_templates_and_of_code_are_both_found() -> None:
    ids = {message.id for message in messages.template()}

    assert {"Open to students", "You may not do this."} <= ids
    assert ("%(n)s is being read", "%(n)s are being read") in ids


def test_a_missing_an_empty_and_a_changed_placeholder_are_told(tmp_path: Path) -> None:
    path = catalogue(tmp_path, empty="", **{"%(a)s": "%(b)s"})

    assert messages.faults(path, found("gone", "empty", "%(a)s")) == [
        "not in the catalogue: 'gone'",
        "not translated: 'empty'",
        "other placeholders: '%(a)s'",
    ]


def test_a_fuzzy_string_counts_as_missing(tmp_path: Path) -> None:
    path = catalogue(tmp_path, word="palabra")
    path.write_text(path.read_text().replace('msgid "word"', '#, fuzzy\nmsgid "word"'))

    assert messages.faults(path, found("word")) == ["fuzzy: 'word'"]


def test_merging_keeps_what_is_translated_and_drops_what_is_gone(
    tmp_path: Path,
) -> None:
    path = catalogue(tmp_path, kept="guardado", gone="ido")

    messages.merge(path, found("kept", "new"))

    strings = {message.id: message.string for message in messages.read(path) if message.id}
    assert strings == {"kept": "guardado", "new": ""}


def test_merging_twice_changes_nothing(tmp_path: Path) -> None:
    path = catalogue(tmp_path, kept="guardado")
    messages.merge(path, found("kept"))
    once = path.read_bytes()

    messages.merge(path, found("kept"))

    assert path.read_bytes() == once


def test_a_catalogue_is_compiled_once(tmp_path: Path, settings: object) -> None:
    catalogue(tmp_path, kept="guardado")
    settings.LOCALE_PATHS = [tmp_path]  # type: ignore[attr-defined]

    assert (len(messages.compile_all()), len(messages.compile_all())) == (1, 0)


def test_check_fails_on_a_gap(tmp_path: Path, settings: object) -> None:
    catalogue(tmp_path)
    settings.LOCALE_PATHS = [tmp_path]  # type: ignore[attr-defined]

    with pytest.raises(CommandError, match="not in the catalogue"):
        call_command("messages", check=True)


def test_update_fills_a_new_catalogue_with_every_string(tmp_path: Path, settings: object) -> None:
    path = catalogue(tmp_path)
    settings.LOCALE_PATHS = [tmp_path]  # type: ignore[attr-defined]

    call_command("messages", update=True)

    assert len(messages.read(path)) == len(messages.template())


def test_spanish_speaks() -> None:
    messages.compile_all()
    with translation.override("es"):
        assert translation.gettext("Open to students") == "Abrir a los estudiantes"
