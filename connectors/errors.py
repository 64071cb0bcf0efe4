"""What goes wrong on the way into an LMS alone.

LMSRefused
├── ClientRefused     it does not know the application we are there (any more)
└── AdminToken        a token that may do everything: we do not keep such a one
TutorError
└── ConsentOver       an answer to a question of ours that nobody here asked, or asked long ago
"""

from django.utils.translation import gettext_lazy as _

from tutorai.errors import LMSRefused, TutorError


class ClientRefused(LMSRefused):
    code = "client_refused"
    message = _(
        "The learning platform does not accept Tutor.AI's application there: its key or secret is "
        "wrong, or it was switched off. Its administrator has to look at the connection."
    )


class AdminToken(LMSRefused):
    code = "admin_token"
    message = _(
        "This token is a site administrator's and may do everything there. Make one for a service "
        "account that may only read and grade."
    )


class ConsentOver(TutorError):
    code, status = "consent_over", 410
    message = _(
        "This way to connect holds no longer: it was used, ten minutes have passed, or it was begun "
        "in another browser. Go back to Tutor.AI and begin again."
    )
