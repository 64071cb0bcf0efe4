"""What every record of LMS-DM is made of."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict


def no_nul(text: str) -> str:
    """Postgres stores no U+0000, and an LMS may send one."""
    return text.replace("\x00", "")


def link(text: str) -> str:
    """Return where a link may lead; "" for what is no web address, such as a script."""
    try:
        return text if urlsplit(text).scheme in {"", "http", "https"} else ""
    except ValueError:
        return ""


Text = Annotated[str, AfterValidator(no_nul)]
Link = Annotated[Text, AfterValidator(link)]


class Record(BaseModel):
    """The base of every record."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
