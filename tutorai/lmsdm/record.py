"""What every record of LMS-DM is made of."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def no_nul(text: str) -> str:
    """Postgres stores no U+0000, and an LMS may send one."""
    return text.replace("\x00", "")


Text = Annotated[str, AfterValidator(no_nul)]


class Record(BaseModel):
    """The base of every record."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
