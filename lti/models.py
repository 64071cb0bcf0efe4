"""Protocol rows, pointing down to LMS-DM."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import timezone

from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution, User

# Issuers whose client ids are not one school's own, whatever family somebody called them.
EVERYBODYS = ("https://blackboard.com", "https://schoology.schoology.com")


class Registration(models.Model):
    """A platform that knows us: one (issuer, client id)."""

    class Source(models.TextChoices):
        COMMAND = "command"  # lti_register
        MANUAL = "manual"  # an administrator typed it in
        DYNAMIC = "dynamic"  # the platform registered us by itself

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.TextField()
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True)
    issuer = models.TextField()
    client_id = models.TextField()
    auth_url = models.TextField()
    token_url = models.TextField()
    jwks_url = models.TextField()
    token_audience = models.TextField(blank=True)
    family = models.CharField(max_length=16, default="other")
    login_slug = models.SlugField(max_length=40, unique=True)
    active = models.BooleanField(default=True)
    auto_approve_deployments = models.BooleanField(default=False)
    accepts_anonymous = models.BooleanField(default=False)
    roles = models.JSONField(default=dict, blank=True)  # role URI → our role, before our own table
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.COMMAND)
    # What the platform answered when it registered us (no tokens); what it granted, compared.
    answered = models.JSONField(default=dict, blank=True)
    scopes = models.JSONField(default=list, blank=True)  # granted at registration; [] not told
    # The platform waits for its administrator to turn us on (Moodle: "Pending").
    awaits_activation = models.BooleanField(default=False)
    # Its administrator pasted our key, for it cannot fetch ours: it has a key pair of its own.
    own_key = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    disabled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "client_id"], name="one_registration")
        ]

    def __str__(self) -> str:
        return self.name

    def roles_in(self, institution_id: UUID | None) -> dict[str, str]:
        """Return its own table of roles, as far as it counts in a school.

        A school that looks after a platform for others says what roles mean for its own people.
        """
        told: dict[str, str] = self.roles
        return told if self.institution_id in {None, institution_id} else {}

    def only_institution(self) -> Institution | None:
        """Return the school a new deployment can only belong to; None where schools share us.

        On Blackboard one client serves every school there is, on Schoology every district.
        """
        others = self.deployment_set.exclude(institution=None).exclude(institution=self.institution)
        vendor = self.family in {"blackboard", "schoology"} or self.issuer in EVERYBODYS
        shared = vendor or others.exists()
        return None if shared else self.institution


class Deployment(models.Model):
    """Where a registration is installed; leads to the school."""

    class Status(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        DISABLED = "disabled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    registration = models.ForeignKey(Registration, models.CASCADE)
    deployment_id = models.TextField()
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PENDING)
    created_at = models.DateTimeField(auto_now_add=True)
    platform = models.JSONField(default=dict, blank=True)  # name, guid, product as it called itself
    told_at = models.DateTimeField(null=True, blank=True)  # its administrators heard that it waits
    decided_at = models.DateTimeField(null=True, blank=True)
    notices_url = models.TextField(blank=True)  # its platform notification service, as launches say

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registration", "deployment_id"], name="one_deployment")
        ]

    def __str__(self) -> str:
        return self.deployment_id


class ToolKey(models.Model):
    """A key pair of ours. It is published before it signs."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    private_key = models.TextField()  # PEM, encrypted, purpose "tool-key"
    public_jwk = models.JSONField()
    # Whose alone it is: that platform cannot fetch keys. Null: everybody else's.
    registration = models.ForeignKey(
        Registration, models.CASCADE, null=True, blank=True, related_name="keys"
    )
    created_at = models.DateTimeField(auto_now_add=True)  # published since
    signs_from = models.DateTimeField(null=True, blank=True)
    retires_at = models.DateTimeField(null=True, blank=True)  # signs no more; published until then

    def __str__(self) -> str:
        return str(self.id)


class LaunchState(models.Model):
    """A login under way; good for one launch, whether it succeeds or fails."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    registration = models.ForeignKey(Registration, models.CASCADE)
    state_hash = models.CharField(max_length=64, unique=True)
    binder_hash = models.CharField(max_length=64)
    nonce = models.TextField()
    storage_target = models.TextField(blank=True)
    login = models.JSONField(default=dict)  # what a new tab needs to begin again
    claims = models.JSONField(null=True)  # validated, waiting for the browser's proof
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=40, blank=True)  # why it was refused
    # For the diagnose page: which deployment, the claims with personal data masked, and by how
    # many seconds the platform's clock is ahead of ours.
    # Its index begins the one below.
    deployment = models.ForeignKey(Deployment, models.CASCADE, null=True, db_index=False)
    shown = models.JSONField(null=True)
    clock = models.FloatField(null=True)
    support_id = models.CharField(max_length=16, blank=True)  # of the page that said so

    class Meta:
        indexes = [
            models.Index(fields=["registration", "-created_at"], name="idx_states_registration"),
            models.Index(fields=["deployment", "-created_at"], name="idx_states_deployment"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Placement(models.Model):
    """What a teacher placed by deep linking; the link's custom value `tutor_placement` names it."""

    class Kind(models.TextChoices):
        TUTOR = "tutor"  # the whole course
        ITEM = "item"  # one page or file
        MODULE = "module"  # a part of the table of contents
        ASSIGNMENT = "assignment"
        PRACTICE = "practice"  # a practice set
        PLAN = "plan"  # the study plan

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="placements")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # Of a ContentItem (item, practice), TocNode (module, practice) or Assignment; null: the course.
    target = models.UUIDField(null=True, blank=True)
    target_kind = models.CharField(max_length=10, blank=True)  # of a practice set: item or module
    title = models.TextField(blank=True)
    options = models.JSONField(default=dict, blank=True)
    placed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    placed_at = models.DateTimeField(default=timezone.now)
    copied_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def about(self) -> str:
        """What kind of row `target` names; "" for the course."""
        if self.target is None:
            return ""
        return self.target_kind or self.kind


class ResourceLink(models.Model):
    """A link to us inside a platform's course."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE, null=True)
    link_id = models.TextField()
    title = models.TextField(blank=True)
    placed = models.ForeignKey(Placement, models.SET_NULL, null=True, related_name="links")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "link_id"], name="one_resource_link")
        ]

    def __str__(self) -> str:
        return self.link_id


class CourseService(models.Model):
    """What a platform lets us do in a course, as its launches say: grades (AGS), roster (NRPS)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, models.CASCADE)
    course = models.OneToOneField(Course, models.CASCADE, related_name="service")
    line_items_url = models.TextField(blank=True)
    scopes = models.JSONField(default=list)  # AGS scopes that were granted
    members_url = models.TextField(blank=True)
    members_at = models.DateTimeField(null=True, blank=True)  # the roster was read last
    groups_url = models.TextField(blank=True)  # where its groups are named (Course Groups Service)
    trouble = models.CharField(max_length=40, blank=True)  # why it is read no more: an error's code
    trouble_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class Invite(models.Model):
    """A link by which one platform may register itself for a school; used once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )  # null: the command's
    registration = models.ForeignKey(Registration, models.SET_NULL, null=True)  # what came of it
    # To be changed by it, where it is for a platform that is registered already.
    renews = models.ForeignKey(Registration, models.CASCADE, null=True, related_name="renewals")

    def __str__(self) -> str:
        return str(self.id)


class Notice(models.Model):
    """A message of a platform's notification service that was taken; each counts once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, models.CASCADE)
    notice_id = models.TextField()
    kind = models.TextField()
    course = models.ForeignKey(Course, models.CASCADE, null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deployment", "notice_id"], name="one_notice_each")
        ]

    def __str__(self) -> str:
        return self.kind


class LaunchSession(models.Model):
    """A bearer session: one per launch (and of its id), at most 12 hours."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Null: of a course that was made here, which nobody launches.
    deployment = models.ForeignKey(Deployment, models.CASCADE, null=True)
    # Who began it there, in their office; null there: a student who came by its link.
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)
    user = models.ForeignKey(User, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE, null=True)
    resource_link = models.ForeignKey(ResourceLink, models.SET_NULL, null=True)
    role = models.CharField(max_length=8)
    message_type = models.TextField()
    locale = models.CharField(max_length=35, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    sections = models.JSONField(default=list)
    # Where it stood: "item:77", "assignment:5"; of a review "column:<id of a LineItem>".
    placement = models.TextField(blank=True)
    placed = models.ForeignKey(Placement, models.SET_NULL, null=True)  # what this link opens
    masquerade = models.TextField(blank=True)  # the LMS's id of who acts as this person
    # The person whose work a review opens, or whose data a privacy launch is about.
    subject = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    deep_link = models.JSONField(null=True)  # what the platform accepts back, and where
    return_url = models.TextField(blank=True)
    frame_origins = models.JSONField(default=list)
    platform_storage = models.JSONField(null=True)  # {target, origin}
    refresh_hash = models.CharField(max_length=64)
    previous_hash = models.CharField(max_length=64, blank=True)
    refreshed_at = models.DateTimeField(auto_now_add=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "course"], name="idx_sessions_user_course")]

    def __str__(self) -> str:
        return str(self.id)
