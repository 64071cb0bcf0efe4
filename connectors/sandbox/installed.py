"""What is installed in the college: tools, where they stand, what they may do and have done."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from connectors.sandbox.college import Course, Person, World
from connectors.sandbox.rows import Named, Row, new_secret, new_uuid


class SigningKey(Named):
    """The key that signs id_tokens; kept, so that a restart breaks no registration."""

    kid = models.TextField(primary_key=True)
    pem = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)


class Tool(Row):
    """A tool's registration: an LTI developer key and an API key side by side.

    What a registration or an administrator says of it stands in the columns; what they left
    empty is where our own product has it, below `url`.
    """

    world = models.ForeignKey(World, models.CASCADE)
    name = models.TextField(default="Tutor.AI")
    client_id = models.TextField()
    state = models.TextField(default="active")  # pending: an administrator has to turn it on
    url = models.TextField()  # where the tool lives; the addresses below start with it
    login_uri = models.TextField(default="")
    redirect_uris = models.JSONField(default=list)
    jwks_uri = models.TextField(default="")
    target_uri = models.TextField(default="")
    custom = models.JSONField(null=True)  # name → value or $Variable; null: the LMS's usual ones
    scopes = models.JSONField(null=True)  # null: all there are
    privacy = models.TextField(default="public")  # public, name_only, email_only, anonymous
    placements = models.JSONField(null=True)  # where it shows; null: everywhere
    told = models.JSONField(default=dict)  # the registration as it was sent
    api_client_id = models.TextField(unique=True)
    api_secret = models.TextField(default=new_secret)

    class Meta:
        # Blackboard: one client id for all schools, so worlds may share it.
        unique_together = (("world", "client_id"),)

    @property
    def login_url(self) -> str:
        """Where a launch begins (OIDC third-party initiated login)."""
        return self.login_uri or f"{self.url}/lti/login"

    @property
    def launch_url(self) -> str:
        """The first redirect URI that may receive an id_token, and where launches lead."""
        return str(self.redirect_uris[0]) if self.redirect_uris else f"{self.url}/lti/launch"

    @property
    def target_url(self) -> str:
        """Where a launch leads that is of no link of its own."""
        return self.target_uri or self.launch_url

    @property
    def jwks_url(self) -> str:
        """Where the keys are that sign the tool's service requests."""
        return self.jwks_uri or f"{self.url}/lti/jwks"

    @property
    def api_redirect_uri(self) -> str:
        """Where an OAuth code for REST access goes."""
        return f"{self.url}/connect/canvas/callback"

    def redirects_to(self, uri: str) -> bool:
        """Whether an id_token may be sent there: compared literally, query included."""
        return uri in (self.redirect_uris or [self.launch_url])

    def granted(self, scopes: list[str]) -> list[str]:
        """Return which of these scopes the tool may have."""
        return [one for one in scopes if self.scopes is None or one in self.scopes]

    def message(self, kind: str, placement: str = "") -> dict[str, Any]:
        """Return what the registration says of a message, at a place; {} where it says nothing."""
        for one in self.told.get("messages", []):
            places = one.get("placements") or []
            if one.get("type") == kind and (not placement or placement in places):
                found: dict[str, Any] = one
                return found
        return {}


class Deployment(Row):
    """One installation of a tool; its id is what the tool sees in every launch."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    deployment_id = models.TextField()
    name = models.TextField(default="")  # where it is installed, for people
    course = models.ForeignKey(Course, models.CASCADE, null=True)  # null: the whole school
    approved = models.BooleanField(default=True)

    class Meta:
        unique_together = (("tool", "deployment_id"),)


class Registering(Row):
    """A registration under way: the token a tool may register itself with, once."""

    world = models.ForeignKey(World, models.CASCADE)
    value = models.TextField(unique=True, default=new_secret)
    url = models.TextField()  # the tool's registration URL, as an administrator pasted it
    claims = models.JSONField(default=dict)  # what the LMS remembers of it
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    tool = models.ForeignKey(Tool, models.SET_NULL, null=True)  # what came of it


class LineItem(Row):
    """A gradebook column of the tool."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE)
    label = models.TextField()
    maximum = models.DecimalField(max_digits=12, decimal_places=5)
    resource_id = models.TextField(default="")
    resource_link_id = models.TextField(default="")
    tag = models.TextField(default="")
    coupled = models.BooleanField(default=False)  # the LMS's own column of an activity
    told = models.JSONField(default=dict)  # what else was sent of it


class PlacedLink(Row):
    """A resource link somebody put into a course, as a rule by deep linking."""

    deployment = models.ForeignKey(Deployment, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE)
    uuid = models.TextField(default=new_uuid)  # the resource link's id in LTI
    title = models.TextField(default="")
    text = models.TextField(default="")
    url = models.TextField(default="")  # empty: the tool's own
    custom = models.JSONField(default=dict)
    placement = models.TextField(default="")  # where in the LMS it was placed
    line_item = models.ForeignKey(LineItem, models.SET_NULL, null=True)
    told = models.JSONField(default=dict)  # the content item as it was sent
    history = models.JSONField(default=list)  # ids of the links it was copied from, newest first
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        unique_together = (("deployment", "uuid"),)


class NoticeHandler(Row):
    """Where a tool wants to hear of one kind of notice, and how the last one went."""

    deployment = models.ForeignKey(Deployment, models.CASCADE)
    kind = models.TextField()
    url = models.TextField()
    last = models.JSONField(default=dict)  # {"id", "at", "status"} of what was sent last

    class Meta:
        unique_together = (("deployment", "kind"),)


class AccessToken(Row):
    """A REST token. Refreshing writes the same row anew: the old value dies at once."""

    person = models.ForeignKey(Person, models.CASCADE)
    tool = models.ForeignKey(Tool, models.CASCADE, null=True)  # null: a personal access token
    value = models.TextField(unique=True)
    refresh_value = models.TextField(default="")  # empty: cannot be refreshed
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # permanent expiry: no refresh helps
    revoked = models.BooleanField(default=False)
    scopes = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["refresh_value"],
                condition=~models.Q(refresh_value=""),
                name="refresh_value_once",
            )
        ]


class AuthorizationCode(Named):
    """A code on its way to the token endpoint; spent by deleting it."""

    value = models.TextField(primary_key=True, default=new_secret)
    tool = models.ForeignKey(Tool, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    redirect_uri = models.TextField()
    scopes = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now)


class Launch(Row):
    """A launch somebody began; its hint comes back from the tool unchanged."""

    hint = models.TextField(unique=True, default=new_secret)
    deployment = models.ForeignKey(Deployment, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE, null=True)
    link = models.ForeignKey(PlacedLink, models.CASCADE, null=True)  # null: the course's own
    message = models.TextField(default="LtiResourceLinkRequest")
    options = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)  # an id_token was given, or its answer taken


class SeenNonce(Named):
    """A nonce the tool has used; a second request with it is refused."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    nonce = models.TextField()

    class Meta:
        unique_together = (("tool", "nonce"),)


class ServiceToken(Named):
    """A token for NRPS and AGS, from client credentials."""

    value = models.TextField(primary_key=True, default=new_secret)
    tool = models.ForeignKey(Tool, models.CASCADE)
    scopes = models.TextField()
    expires_at = models.DateTimeField()


class SeenAssertion(Named):
    """The `jti` of a client assertion; each counts once."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    jti = models.TextField()

    class Meta:
        unique_together = (("tool", "jti"),)


class Score(Row):
    """The cell of one person in one column; without a timestamp nothing counts in it."""

    line_item = models.ForeignKey(LineItem, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE)
    timestamp = models.DateTimeField(null=True)
    given = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    maximum = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    activity_progress = models.TextField(default="")
    grading_progress = models.TextField(default="")
    told = models.JSONField(default=dict)  # the last score as it was sent
    comments = models.JSONField(default=list)  # Canvas appends, the others keep one
    overridden = models.BooleanField(default=False)  # by a teacher, as Moodle knows it
    locked = models.BooleanField(default=False)  # likewise
    posts = models.IntegerField(default=0)  # accepted scores

    class Meta:
        unique_together = (("line_item", "person"),)

    @property
    def points(self) -> Decimal | None:
        """What the gradebook shows: the score in points of its column."""
        if self.given is None or not self.maximum:
            return self.given
        return self.given * self.line_item.maximum / self.maximum
