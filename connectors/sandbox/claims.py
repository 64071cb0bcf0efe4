"""The words of LTI 1.3 that launches, rosters and registrations share."""

from __future__ import annotations

from connectors.sandbox.models import Course, Enrolment, Person

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
PNS = "https://purl.imsglobal.org/spec/lti/claim/platformnotificationservice"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
COURSE_TYPE = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"

# Messages
RESOURCE, DEEP = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
REVIEW, PRIVACY = "LtiSubmissionReviewRequest", "DataPrivacyLaunchRequest"
ANSWER = "LtiDeepLinkingResponse"

NRPS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
PNS_SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
AGS_SCOPES = [
    f"https://purl.imsglobal.org/spec/lti-ags/scope/{name}"
    for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")
]
SCOPES = [NRPS_SCOPE, *AGS_SCOPES]

# Canvas sends the plain Instructor role along with a sub-role, and its own system role.
ROLES: dict[str, list[str]] = {
    "TeacherEnrollment": [f"{INSTITUTION}#Instructor", f"{MEMBERSHIP}#Instructor"],
    "TaEnrollment": [
        f"{INSTITUTION}#Instructor",
        f"{MEMBERSHIP}#Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
    ],
    "DesignerEnrollment": [f"{MEMBERSHIP}#ContentDeveloper"],
    "StudentEnrollment": [f"{INSTITUTION}#Student", f"{MEMBERSHIP}#Learner"],
    "ObserverEnrollment": [f"{INSTITUTION}#Observer", f"{MEMBERSHIP}#Mentor"],
    "StudentViewEnrollment": [f"{MEMBERSHIP}#Learner", TEST_USER],
}
SYSTEM_USER = f"{SYSTEM}#User"


def types_of(person: Person, course: Course | None) -> list[str]:
    """Return how somebody is enrolled in a course now, in Canvas's words."""
    if course is None:
        return []
    return [row.type for row in enrolments(person, course) if row.state == "active"]


def enrolments(person: Person, course: Course) -> list[Enrolment]:
    """Return somebody's enrolments in a course; whoever lists many people has them fetched."""
    rows = [row for row in person.enrolment_set.all() if row.course_id == course.pk]
    return sorted(rows, key=lambda row: row.pk)


def roles_of(person: Person, course: Course | None) -> list[str]:
    """Return the role URIs that Canvas's launches and rosters carry for this person."""
    uris = [uri for kind in types_of(person, course) for uri in ROLES[kind]]
    return [*dict.fromkeys(uris), SYSTEM_USER]
