"""What an LMS answers, as far as it is read: an error says where one is odd, never what it holds."""

from pydantic import BaseModel, ConfigDict

QUIET = ConfigDict(hide_input_in_errors=True)  # names and e-mails stand in there


class Payload(BaseModel):
    """The base of all payloads."""

    model_config = QUIET
