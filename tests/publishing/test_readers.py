"""What we write, opened by programs that are not ours."""

import html
import io
import zipfile

import qti_convert
from moodle_xml_parser import parser as moodle  # type: ignore[import-untyped]

from connectors.exchange import formats, qti21_read
from connectors.exchange.formats import FORMATS
from tests.publishing.quizzes import everything


def test_a_parser_of_moodle_xml_reads_our_choices_with_shares_and_feedback() -> None:
    first, second = everything().questions[:2]

    read = moodle.parse_string(FORMATS["moodle"].write(everything()).decode())["multichoice"]

    assert [one.single for one in read] == [True, False]
    # This parser unescapes what it reads once more.
    assert [one.text_pre_parse for one in read] == [first.text, html.unescape(second.text)]
    assert (read[0].name, read[0].default_grade) == (first.title, 2.5)
    assert read[0].general_feedback == first.feedback
    told = [(one.text, float(one.share * 100), one.feedback) for one in second.choices]
    assert [(one.answer, one.score_fraction, one.feedback) for one in read[1].options] == told


def test_a_converter_brings_our_qti_to_version_3_and_back_and_nothing_is_lost() -> None:
    written = FORMATS["qti21"].write(everything())
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    third = qti_convert.upgrade_package_files(files)
    back = qti_convert.downgrade_package_files(third.files)

    told = {
        name: text.encode() if isinstance(text, str) else text for name, text in back.files.items()
    }
    again = qti21_read.read({name: text for name, text in told.items() if name.endswith(".xml")})
    assert again == formats.read(written)
    assert any(b"<qti-match-interaction" in _bytes(text) for text in third.files.values())


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
