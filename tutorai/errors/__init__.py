"""Everything that can go wrong, on one page.

TutorError
├── LMSError              the LMS answered, and the answer was no use
│   ├── LMSUnavailable      timeout, connection lost or 5xx: worth another try
│   │   └── NotSent           no connection: nothing reached the LMS
│   ├── LMSThrottled        it asks us to slow down: wait, this counts as no attempt
│   ├── LMSRefused          403 or 422: will refuse again
│   │   └── ScopeMissing      its registration of us leaves a right out
│   ├── LMSNotFound         404: gone, or a wrong id
│   ├── LMSUnauthorised     the token is dead: a person must connect again
│   │   └── ToolRefused       it does not take our signature or client id
│   │       ├── KeysUnread      it cannot fetch our keys
│   │       ├── KeyUnknown      it has our keys, but not the one that signed
│   │       └── ClocksDiffer    to it we signed in the future, or too long ago
│   └── LMSMisunderstood    2xx, but not the shape its documentation promises
├── ModelError            the language model gave no answer
│   ├── ModelUnavailable    down, slow or cut off
│   ├── ModelThrottled      429: later
│   ├── ModelRefused        a wrong key, an unknown model, a refused request
│   ├── BudgetSpent         a cap on spending is reached
│   └── CannotSee           it takes no pictures
├── SwitchedOff           somebody switched the tutor off for this
├── Locked                the student sits an exam, or a quiz that counts
├── LaunchError           a login or launch we do not accept (`lti.launch` names the reasons)
├── NotSignedIn           no session, or one that ended
├── NotYours              the caller may not do this
│   ├── ActingAs            but the person may whom the caller acts as
│   │   └── WritingAs           likewise, publish
│   └── SignedInElsewhere   signed in through another institution than this one
├── NotOpen               the teacher has not opened this course to students
├── NotFound              not there, or not among what the caller may see
├── MethodNotAllowed      the address is there, but not for this method
├── BadRequest            the input cannot be used as it is
├── Conflict              the same thing is under way, or has changed meanwhile
│   ├── AlreadyHere         who is invited has an office there
│   ├── LastOwner           an institution would be left without an owner
│   ├── OneOwnerLeft        it would be left with one: say that you are sure
│   ├── CourseEnded         nothing in a course that is over changes any more
│   ├── InFlight            the same call, under the same Idempotency-Key: ask again in a moment
│   ├── KeyReused           its Idempotency-Key was another call's
│   ├── ColumnKept          a gradebook column that is not ours to delete
│   └── AlreadyAnswered     what the platform asked for was sent to it before
├── TooMany               slow down; `retry_after` seconds
├── UrlRefused            an address we will not call (SSRF guard)
├── TooBig                more bytes than we take
├── InvitationOver        used, revoked, run out, or never there
├── SchoolSignIn          a school's own sign-in gave no usable answer
├── SecretUnreadable      encrypted with a key we no longer have
├── Bug                   our own mistake, met by a job; the log has its story
├── LostWorker            a job took its worker down at every try
├── MailNotSent           the mail server did not take a letter
├── GradeFailed           the LMS fails at one grade, again and again
├── NotMatched            the LMS did not say which of its people somebody is
├── UnknownWork           no code here does this kind of job
├── NewerPayload          written for a newer version than this one
└── OldPayload            written for a version that is gone
"""

from tutorai.errors.base import TutorError, Unknown, every, words
from tutorai.errors.lms import (
    ClocksDiffer,
    GradeFailed,
    KeysUnread,
    KeyUnknown,
    LaunchError,
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnauthorised,
    LMSUnavailable,
    NotMatched,
    NotSent,
    ScopeMissing,
    ToolRefused,
)
from tutorai.errors.model import (
    BudgetSpent,
    CannotSee,
    Locked,
    ModelError,
    ModelRefused,
    ModelThrottled,
    ModelUnavailable,
    SwitchedOff,
)
from tutorai.errors.people import (
    ActingAs,
    AlreadyAnswered,
    AlreadyHere,
    BadRequest,
    ColumnKept,
    Conflict,
    CourseEnded,
    InFlight,
    InvitationOver,
    KeyReused,
    LastOwner,
    MethodNotAllowed,
    NotFound,
    NotOpen,
    NotSignedIn,
    NotYours,
    OneOwnerLeft,
    SchoolSignIn,
    SignedInElsewhere,
    TooBig,
    TooMany,
    UrlRefused,
    WritingAs,
)
from tutorai.errors.work import (
    Bug,
    LostWorker,
    MailNotSent,
    NewerPayload,
    OldPayload,
    SecretUnreadable,
    UnknownWork,
)

__all__ = [
    "ActingAs",
    "AlreadyAnswered",
    "AlreadyHere",
    "BadRequest",
    "BudgetSpent",
    "Bug",
    "CannotSee",
    "ClocksDiffer",
    "ColumnKept",
    "Conflict",
    "CourseEnded",
    "GradeFailed",
    "InFlight",
    "InvitationOver",
    "KeyReused",
    "KeyUnknown",
    "KeysUnread",
    "LMSError",
    "LMSMisunderstood",
    "LMSNotFound",
    "LMSRefused",
    "LMSThrottled",
    "LMSUnauthorised",
    "LMSUnavailable",
    "LastOwner",
    "LaunchError",
    "Locked",
    "LostWorker",
    "MailNotSent",
    "MethodNotAllowed",
    "ModelError",
    "ModelRefused",
    "ModelThrottled",
    "ModelUnavailable",
    "NewerPayload",
    "NotFound",
    "NotMatched",
    "NotOpen",
    "NotSent",
    "NotSignedIn",
    "NotYours",
    "OldPayload",
    "OneOwnerLeft",
    "SchoolSignIn",
    "ScopeMissing",
    "SecretUnreadable",
    "SignedInElsewhere",
    "SwitchedOff",
    "TooBig",
    "TooMany",
    "ToolRefused",
    "TutorError",
    "Unknown",
    "UnknownWork",
    "UrlRefused",
    "WritingAs",
    "every",
    "words",
]
