"""Photos are kept without what tells of their maker."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.attached import pictures
from tests.care import photos
from tutorai.errors import BadRequest, TooBig

TOLD = {
    "png": (photos.telling_png(), photos.PNG),
    "jpeg": (photos.telling_jpeg(), photos.JPEG),
    "webp": (photos.telling_webp(), photos.WEBP),
}


@pytest.mark.parametrize("name", TOLD)
def test_nothing_stays_in_a_photo_but_what_shows_it(name: str) -> None:
    told, plain = TOLD[name]

    made = pictures.clean(told)

    assert photos.SECRET in told
    assert photos.SECRET not in made.data
    assert (made.mime, made.width, made.height) == (f"image/{name}", 48, 32)
    assert pictures.clean(made.data) == made
    assert pictures.clean(plain).data == plain


def test_a_photo_stays_turned_as_it_was_taken() -> None:
    made = pictures.clean(photos.telling_jpeg()).data

    at = made.index(b"Exif\x00\x00")
    assert struct.unpack(">H", made[at + 24 : at + 26]) == (photos.TURNED,)
    assert made.count(b"Exif") == 1


@pytest.mark.parametrize("name", TOLD)
def test_a_photo_that_was_cut_or_spoilt_is_refused_or_clean_and_never_breaks_us(name: str) -> None:
    told = TOLD[name][0]

    for at in range(len(told)):
        for bad in (told[:at], told[:at] + b"\xff" + told[at + 1 :]):
            try:
                made = pictures.clean(bad)
            except (BadRequest, TooBig):
                continue
            assert photos.SECRET not in made.data


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([photos.PNG, photos.JPEG, photos.WEBP]), st.binary(max_size=300))
def test_whatever_follows_a_photo_is_left_out(photo: bytes, more: bytes) -> None:
    assert pictures.clean(photo + more).data == photo


def test_what_claims_to_be_huge_is_refused() -> None:
    huge = photos.PNG[:16] + struct.pack(">II", 60_000, 60_000) + photos.PNG[24:]

    with pytest.raises(TooBig):
        pictures.clean(huge)
