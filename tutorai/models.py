"""Who signs in to the staff site."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from tutorai.ids import new_id
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Institution, User


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
    second_factor = models.TextField(blank=True)  # encrypted TOTP secret; empty: not set up
    person = models.ForeignKey(User, models.SET_NULL, null=True, blank=True)
    institutions = models.ManyToManyField(Institution, through="Office", related_name="accounts")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return str(self.id)


class Office(models.Model):
    """What an account may do for one institution."""

    class Role(models.TextChoices):
        OWNER = "owner"
        MANAGER = "manager"
        VIEWER = "viewer"

    account = models.ForeignKey(Account, models.CASCADE)
    institution = models.ForeignKey(Institution, models.CASCADE)
    role = models.CharField(max_length=16, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "institution"], name="one_office_each")
        ]

    def __str__(self) -> str:
        return self.role


class DeadLetter(Job):
    """A job that was buried, or discarded since: a list of its own on the staff site."""

    class Meta:
        proxy = True
        default_permissions = ()  # those of jobs count
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")

    def __str__(self) -> str:
        return str(self.pk)
