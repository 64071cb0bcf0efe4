"""Why a packed course cannot be read.

BadRequest
├── NotPacked           no archive, or one without a manifest
└── PackedTooMuch       more files, or more bytes unpacked, than we take
"""

from django.utils.translation import gettext_lazy as _

from tutorai.errors import BadRequest


class NotPacked(BadRequest):
    code = "not_packed"
    message = _(
        "This is no packed course: neither a common cartridge (.imscc) nor an export of Tutor.AI."
    )


class PackedTooMuch(BadRequest):
    code = "packed_too_much"
    message = _("This package unpacks to more than we take.")
