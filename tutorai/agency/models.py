"""What people granted programs, and the tokens that prove it.

The toolkit's own tables are swapped for these. Its "user", whom a code or a token works for, is a
Delegation; codes and tokens are kept as SHA-256 digests.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractGrant,
    AbstractRefreshToken,
)

from lti.models import Deployment
from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution, User
from tutorai.lmsdm.schema import Role

ROLES = [(role.value, role.value) for role in Role]


class Client(AbstractApplication):
    """A program that registered itself. Public: it has no secret, PKCE proves that it is itself."""

    user = None  # it registers itself, and is nobody's
    seen_at = models.DateTimeField(auto_now_add=True)  # when somebody was last asked for it

    class Meta(AbstractApplication.Meta):
        indexes = [models.Index(fields=["seen_at"], name="idx_clients_seen")]

    def __str__(self) -> str:
        return str(self.client_id)


class Delegation(models.Model):
    """What one person granted one program: a course, a role of theirs there, and what it may do."""

    class Ended(models.TextChoices):
        PERSON = "person"  # who granted it took it back
        SCHOOL = "school"  # somebody of the institution did
        REUSE = "reuse"  # a token that was used up was shown again: it is in other hands
        PROGRAM = "program"  # the program gave it back

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    course = models.ForeignKey(Course, models.CASCADE, related_name="delegations")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")  # in whose name it works
    role = models.CharField(max_length=8, choices=ROLES)
    # The installation by which the person came; null: from an office of the institution.
    deployment = models.ForeignKey(
        Deployment, models.CASCADE, null=True, blank=True, related_name="+"
    )
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    client = models.ForeignKey(  # null: its token was made on a page
        Client, models.CASCADE, null=True, blank=True, related_name="delegations"
    )
    name = models.CharField(max_length=80)  # what the program is called
    scope = models.CharField(max_length=40)  # "read", or "read propose"
    sections = models.JSONField(default=list)  # the LMS's ids, as the session had them
    locale = models.CharField(max_length=35, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)  # to the minute
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=7, choices=Ended.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account=None) | Q(deployment=None), name="delegation_of_one_way"
            )
        ]
        indexes = [
            models.Index(fields=["course", "user"], name="idx_delegations_of"),
            models.Index(fields=["institution", "-created_at"], name="idx_delegations_at"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Ticket(models.Model):
    """A short code that a page of a course shows its teacher, for the window of a program."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    course = models.ForeignKey(Course, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    session = models.UUIDField()  # a LaunchSession: the code is good as long as that stands
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class Grant(AbstractGrant):
    """An authorization code, on its way through the browser. `code` is its digest."""

    user = models.ForeignKey(Delegation, models.CASCADE, related_name="+")

    class Meta(AbstractGrant.Meta):
        pass

    def __str__(self) -> str:
        return str(self.pk)


class AccessToken(AbstractAccessToken):
    """What a program shows at each call. `token` stays empty, `token_checksum` is its digest."""

    user = models.ForeignKey(Delegation, models.CASCADE, related_name="+")
    id_token = None  # nobody signs in with ours

    class Meta(AbstractAccessToken.Meta):
        pass

    def __str__(self) -> str:
        return str(self.pk)


class RefreshToken(AbstractRefreshToken):
    """What a program gets the next access token for, once. Kept likewise."""

    user = models.ForeignKey(Delegation, models.CASCADE, related_name="+")

    class Meta(AbstractRefreshToken.Meta):
        pass

    def __str__(self) -> str:
        return str(self.pk)
