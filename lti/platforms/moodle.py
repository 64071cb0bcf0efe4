"""Moodle. Source: recordings of Moodle 4.5, and mod/lti/service/gradebookservices, scores.php.

What it says of an error stands in the reason phrase; the body is `[]`.
"""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from lti.platforms.facts import Facts, Refusal
from lti.platforms.links import Links
from lti.platforms.profile import Profile
from tutorai.errors import KeysUnread
from tutorai.ledger.outcomes import Outcome, Rule, Rules

EMPTY = r"\n\[\]$"  # a body that is an empty list, in an answer's text

RULES = Rules(
    name="moodle",
    table=(
        # scores.php: 409 "Refusing score with an earlier timestamp"; one of the same second too.
        Rule(frozenset({409}), Outcome.STALE),
        # scores.php: 400 "Incorrect score received" also stands for a body that is wrong; ours is
        # well formed, so it speaks of the person: unknown, or a teacher. A proxy may put its own
        # reason phrase there; other refusals have another body.
        Rule(frozenset({400}), Outcome.NOT_GRADABLE, f"^Incorrect score received|{EMPTY}"),
        # A refusal whose reason phrase PHP could not send, for it has a line break.
        Rule(frozenset({200}), Outcome.REFUSED, EMPTY),
        # gradebookservices.php save_grade_item: the column or the grade is locked.
        Rule(frozenset({500}), Outcome.FAILED, EMPTY),
        # 404 "Grade item … doesn't exist", 401 and 403: as everywhere.
    ),
    step=timedelta(seconds=1),  # scores.php compares strtotime(timestamp)
    verify=True,  # overridden by a teacher: 200, and people see what the teacher gave
)
FACTS = Facts(
    refusals=(
        # Recording of a Moodle that may not call our address: its own error page, 404.
        Refusal(frozenset({404}), "<html|<!doctype", KeysUnread),
    ),
    # Everybody comes at once unless there is a limit, and an answer of ours has one too. A `role`
    # is not asked for: the link to the next page forgets it (recording).
    roster={"limit": "1000"},
    escapes_names=True,  # recorded: "O'Brien &amp; Co" in a roster, "O'Brien & Co" in a launch
    understates=True,  # recorded: a non-editing teacher is Learner in a roster
)
LINKS = Links(
    # Recorded (lti_deeplink_two): an item with a url gets typeid 0, which is looked up by the
    # url's domain at each launch; one without stays with the tool that was asked.
    address=False,
    html=True,  # recorded: the one-item form keeps it as HTML, the list of several as plain text
    sizes=False,  # recorded: window and iframe are passed over
    dates=False,  # recorded: available and submission too
)

# mod/lti/openid-registration.php and registration_helper.php; recordings of Moodle 4.5. Names and
# e-mail are shared when `claims` lists them, roster and grades when `scope` does.
PROFILE = Profile(
    family="moodle",
    title="Moodle",
    products=frozenset({"moodle"}),
    pending=True,
    refusals={
        "missing_registration_token": _("it gave us no registration token"),
        "token_already_used": _("its registration token was used before"),
        "missing required attribute": _("it misses something in our registration"),
        "missing_domain": _("it misses our domain"),
        "domain_targetlinkuri_mismatch": _("our domain and our launch address do not match"),
        "invalid_response_types": _("it does not take the answers we ask for"),
        "invalid_token_endpoint_auth_method": _("it does not take the way we sign"),
        "unable to lookup correct key": _("it does not accept its own registration token"),
    },
    next=(
        _("Close the registration. Moodle shows Tutor.AI under Manage tools as pending."),
        _("Press Activate on Tutor.AI's card."),
        _(
            'Click the gear on the card, set Tool configuration usage to "Show in activity chooser '
            'and as a preconfigured tool", and save.'
        ),
    ),
)
