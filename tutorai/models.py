"""Who signs in: operators and the people of institutions, how they are invited, and by what."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tutorai.ids import new_id
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course, Institution, User

# What rests encrypted here, by the purpose it was encrypted for (tutorai.crypto).
SECOND_FACTOR, OIDC_CLIENT = "second-factor", "oidc-client"


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts, by e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        account = self.model(email=self.normalize_email(email), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, email: str, password: str, **fields: Any) -> "Account":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Account(AbstractBaseUser, PermissionsMixin):
    """An operator or an institution's administrator: one who signs in with a password.

    Learners and teachers are `lmsdm.User` and come by launch; `person` joins the two when the
    same human is both.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    person = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    institutions = models.ManyToManyField(Institution, through="Office", related_name="accounts")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return str(self.id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the address in lower case: that is how a sign-in looks for it."""
        self.email = self.email.lower()
        super().save(*args, **kwargs)


class Office(models.Model):
    """What an account may do for one institution."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        ADMINISTRATOR = "administrator", _("Administrator")
        SUPPORT = "support", _("Support")
        AUDITOR = "auditor", _("Auditor")
        TEACHER = "teacher", _("Teacher")  # makes courses of their own here, and sees those alone

    account = models.ForeignKey(Account, models.CASCADE)
    institution = models.ForeignKey(Institution, models.CASCADE)
    role = models.CharField(max_length=16, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "institution"], name="one_office_each")
        ]

    def __str__(self) -> str:
        return self.role


class Invitation(models.Model):
    """A letter that offers an office; its secret is in the letter alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=Office.Role.choices)
    secret_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    invited_by = models.ForeignKey(
        Account, models.SET_NULL, null=True, blank=True, related_name="invited"
    )
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)  # the letter left; null: it could not
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        Account, models.SET_NULL, null=True, blank=True, related_name="accepted"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["institution", "created_at"], name="invitations_of")]

    def __str__(self) -> str:
        return str(self.id)


class IdentityProvider(models.Model):
    """A school's own sign-in (OpenID Connect). Its institution's id names it to allauth."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    institution = models.OneToOneField(
        Institution, models.CASCADE, related_name="identity_provider"
    )
    name = models.CharField(max_length=80)  # on the button: "School login"
    issuer = models.TextField()
    client_id = models.TextField()
    client_secret = models.TextField()  # encrypted, purpose OIDC_CLIENT
    asks_second_factor = models.BooleanField(default=False)  # as the owner declared: ours is spared
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.id)


class OwnCourse(models.Model):
    """A course that was made here and lives in no LMS: whose it is."""

    course = models.OneToOneField(Course, models.CASCADE, primary_key=True, related_name="own")
    made_by = models.ForeignKey(
        Account, models.SET_NULL, null=True, blank=True, related_name="courses"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)


class JoinLink(models.Model):
    """The address by which students come into a course of our own; its secret is in it alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="join_links")
    secret_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    made_by = models.ForeignKey(Account, models.SET_NULL, null=True, blank=True, related_name="+")
    came = models.PositiveIntegerField(default=0)  # people it let in
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.id)


class Cartridge(models.Model):
    """A packed course that was handed in, and how far it was read: a common cartridge, or our own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    course = models.ForeignKey(Course, models.CASCADE, related_name="cartridges")
    made_by = models.ForeignKey(Account, models.SET_NULL, null=True, blank=True, related_name="+")
    blob = models.FileField(upload_to="cartridges/%Y/%m", max_length=300, blank=True)
    name = models.TextField()
    size = models.BigIntegerField(default=0)  # bytes
    version = models.CharField(max_length=16, blank=True)  # "1.3"; of ours "LMS-DM 1"
    read = models.JSONField(default=dict)  # how many of each kind: {"page": 3, "file": 1}
    left = models.JSONField(default=list)  # [{"title", "why"}]: what could not be read
    changed = models.PositiveIntegerField(default=0)  # things that were new or different
    error = models.CharField(max_length=40, blank=True)  # a code: nothing of it could be read
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["course", "-created_at"], name="cartridges_of")]

    def __str__(self) -> str:
        return str(self.id)


class DeadLetter(Job):
    """A job that was buried, or discarded since: a list of its own on the staff site."""

    class Meta:
        proxy = True
        default_permissions = ()  # those of jobs count
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")

    def __str__(self) -> str:
        return str(self.pk)
