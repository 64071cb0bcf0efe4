"""Blackboard Learn. Sources: docs.anthology.com, LTI 1.3, AGS; and what hypothesis/lms met."""

from django.utils.translation import gettext_lazy as _

from lti.platforms.facts import Facts
from lti.platforms.links import Links
from lti.platforms.profile import Profile, Shared
from tutorai.ledger.outcomes import Outcome, Rule, Rules

RULES = Rules(
    name="blackboard",
    table=(
        # hypothesis/lms, services/lti_grading: "User could not be found: …".
        Rule(frozenset({400}), Outcome.NOT_GRADABLE, "User could not be found"),
        # 403: a column that is not ours; 404: one that is gone; as everywhere. What it says to
        # an older timestamp is not documented: it is never sent one.
    ),
    line_break="<br/>",  # hypothesis/lms: a comment's own line breaks are lost
    filters_results=False,  # hypothesis/lms: results of one person come without the comment
)
FACTS = Facts(
    roster={"groups": "true"},  # docs.anthology.com, Names and Roles: each member's groups
    # docs.anthology.com, AGS: a change that names a read-only member is answered 400.
    fixed=frozenset({"resourceLinkId"}),
)
LINKS = Links(
    # docs.anthology.com, Course Content Types for Deep Linking 2.0: what says how large it is may
    # be embedded in a text, and has no grades then.
    sizes=False,
)

# docs.blackboard.com, LTI registration and deployment: one client id serves every school, so that
# an installation (deployment) is what is a school's own.
PROFILE = Profile(
    family="blackboard",
    title="Blackboard Learn",
    products=frozenset({"blackboard", "blackboardlearn", "blackboard-learn"}),
    shared=Shared(
        issuers=frozenset({"blackboard.com"}), hosts=frozenset({"developer.blackboard.com"})
    ),
    next=(
        _(
            "In Blackboard, open Admin, LTI Tool Providers, Register LTI 1.3/Advantage Tool, and "
            "enter the client id."
        ),
        _(
            "Set Tool Status to Approved, and under Institution Policies allow role, name and "
            "e-mail, grade service access and membership service access."
        ),
        _("Open Tutor.AI once from a course: its deployment then waits in Tutor.AI's inbox."),
    ),
)
