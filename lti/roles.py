"""LTI role URIs → one effective role. Pure. Context roles decide; exact matches only."""

from collections.abc import Iterable, Mapping

from tutorai.lmsdm.schema import Role

LIS = "http://purl.imsglobal.org/vocab/lis/v2/"
MEMBERSHIP = f"{LIS}membership#"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
ADMINS = frozenset({f"{LIS}institution/person#Administrator", f"{LIS}system/person#SysAdmin"})
# Who looks after a platform's people may ask what we hold of one (Data Privacy Launch).
PRIVACY_ADMINS = ADMINS | {f"{LIS}system/person#Administrator"}
# LTI 1.3 core, A.2.3; the bare names are older platforms'.
NAMES = {
    "Instructor": Role.TEACHER,
    "Administrator": Role.TEACHER,
    "ContentDeveloper": Role.DESIGNER,
    "Learner": Role.STUDENT,
    "Member": Role.STUDENT,
    "Manager": Role.STUDENT,
    "Officer": Role.STUDENT,
    "Mentor": Role.OBSERVER,
}
SUB = f"{LIS}membership/"
ASSISTING = (
    "TeachingAssistant",
    "TeachingAssistantSection",
    "TeachingAssistantGroup",
    "TeachingAssistantOffering",
    "TeachingAssistantTemplate",
    "TeachingAssistantSectionAssociation",
    "Grader",
)
TEACHING = ("PrimaryInstructor", "SecondaryInstructor", "Lecturer")
LEARNING = ("Learner", "ExternalLearner", "GuestLearner", "NonCreditLearner")
KNOWN = {
    **NAMES,
    **{MEMBERSHIP + name: role for name, role in NAMES.items()},
    **{f"{SUB}Instructor#{name}": Role.TA for name in ASSISTING},
    **{f"{SUB}Instructor#{name}": Role.TEACHER for name in TEACHING},
    **{f"{SUB}Learner#{name}": Role.STUDENT for name in LEARNING},
}
# A TA is also sent as Instructor (Canvas), so TA counts before TEACHER. ADMIN only by override.
ORDER = (Role.TA, Role.TEACHER, Role.DESIGNER, Role.STUDENT, Role.OBSERVER, Role.ADMIN)
EVERY = frozenset(Role)


def effective(
    uris: Iterable[str], *, overrides: Mapping[str, str] | None = None, admins: bool = False
) -> Role:
    """Return what these roles make of a person; nothing known is a guest.

    `overrides` maps URIs to our roles for one registration (what is no role of ours counts for
    nothing); `admins` says whether the institution lets its administrators read.
    """
    uris = set(uris)
    own = {uri: Role(role) for uri, role in (overrides or {}).items() if role in EVERY}
    found = {own.get(uri) or KNOWN.get(uri) for uri in uris}
    for role in ORDER:
        if role in found:
            return role
    if admins and ADMINS & uris:
        return Role.ADMIN
    return Role.GUEST
