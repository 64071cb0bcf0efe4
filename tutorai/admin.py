"""The staff site: who may launch, what is connected, what was buried. For operators.

No learner's or teacher's name or mail stands here, and no secret: what rests encrypted can be
replaced and never read. Every change of a configuration record is remembered (django-auditlog).
"""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from auditlog.admin import LogEntryAdmin
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import ActionForm, AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from agents.models.money import Endpoint
from connectors.models import Connector, SyncCursor
from lti.models import Deployment, Registration
from tutorai import crypto, errors
from tutorai.http import check_url
from tutorai.ids import new_id
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import Institution
from tutorai.models import Account, Office
from tutorai.people import tell
from tutorai.staff import evaluations as _evaluations  # noqa: F401  # its pages register themselves
from tutorai.staff import jobs as _jobs  # noqa: F401  # likewise
from tutorai.staff.rows import ReadOnly

URLS = ("auth_url", "token_url", "jwks_url")


def hidden(value: object) -> str:
    """What the log of changes keeps of a secret."""
    return "…"


class InstitutionForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """A school; its model key goes in and never comes out."""

    new_key = forms.CharField(
        label=_("new model key"),
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        help_text=_("Empty: the key stays as it is."),
    )

    class Meta:
        help_texts = {
            "hold_minutes": _(
                "Minutes that an approved grade is held before it goes to the gradebook, where its "
                "course says nothing else."
            )
        }

    def save(self, commit: bool = True) -> Institution:
        if self.cleaned_data["new_key"]:
            self.instance.model_key = crypto.encrypt(
                self.cleaned_data["new_key"], purpose="model-key"
            )
        saved: Institution = super().save(commit)
        return saved


@admin.register(Institution)
class Institutions(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Schools."""

    form = InstitutionForm
    list_display = ("slug", "name", "admins_may_read", "monthly_cap_cents", "created_at")
    search_fields = ("slug", "name")
    exclude = ("model_key",)


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """An endpoint of the operator's; its key goes in and never comes out."""

    new_key = forms.CharField(
        label=_("new model key"),
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        help_text=_("Empty: the key stays as it is."),
    )

    def clean_name(self) -> str:
        """One name an endpoint; Django looks only at columns that the form has."""
        name: str = self.cleaned_data["name"]
        others = Endpoint.objects.filter(institution=None, name=name).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("Another endpoint has this name."))
        return name

    def save(self, commit: bool = True) -> Endpoint:
        if self.cleaned_data["new_key"]:
            self.instance.key = crypto.encrypt(self.cleaned_data["new_key"], purpose="model-key")
        if "base_url" in self.changed_data or "model" in self.changed_data:
            self.instance.probed_at = None
        saved: Endpoint = super().save(commit)
        return saved


@admin.register(Endpoint)
class Endpoints(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Language models of the operator's; an institution sees to its own on a page of its own."""

    form = EndpointForm
    list_display = ("name", "size", "model", "position", "data_region", "probed_at", "probe_error")
    list_filter = ("size",)
    search_fields = ("name", "model")
    exclude = ("institution", "key")
    readonly_fields = ("probed_at", "probe_error")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        """Only those that belong to no institution."""
        held: QuerySet[Endpoint] = super().get_queryset(request)
        return held.filter(institution=None)


class RegistrationForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """A platform; its addresses are ones we may call."""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for name in URLS:
            try:
                check_url(given.get(name, ""))
            except errors.UrlRefused as error:
                self.add_error(name, str(error))
        return given


@admin.register(Registration)
class Registrations(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Platforms that know us."""

    form = RegistrationForm
    exclude = ("login_slug", "source", "answered", "scopes", "created_at")  # not typed in
    list_display = ("name", "family", "issuer", "client_id", "institution", "active")
    list_filter = ("family", "active")
    search_fields = ("name", "issuer", "client_id")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Switched off, never deleted: its people and courses hang on it."""
        return False

    def save_model(self, request: HttpRequest, obj: Registration, form: Any, change: bool) -> None:
        obj.login_slug = obj.login_slug or new_id().hex
        super().save_model(request, obj, form, change)


class ApproveForm(ActionForm):  # type: ignore[misc]  # unfold has no types
    """The actions' form, with the school that approved deployments belong to."""

    institution = forms.ModelChoiceField(
        Institution.objects.order_by("slug"),
        required=False,
        label="",
        empty_label=_("the registration's institution"),
        widget=UnfoldAdminSelectWidget({"aria-label": _("Institution")}),
    )


@admin.register(Deployment)
class Deployments(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Where platforms installed us; an unknown one waits here until it is approved."""

    list_display = ("deployment_id", "registration", "institution", "status", "created_at")
    list_filter = ("status", "institution")
    list_select_related = ("registration", "institution")
    search_fields = ("deployment_id", "registration__name")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Disabled, never deleted: installed again it would find none of its courses."""
        return False

    action_form = ApproveForm
    actions: ClassVar[list[str]] = ["approve"]

    @admin.action(description=_("Approve for an institution"), permissions=["change"])
    def approve(self, request: HttpRequest, rows: QuerySet[Deployment]) -> None:
        """Open the pending ones to launches of one school."""
        # Django runs no action whose form is not valid.
        chosen = self.action_form.base_fields["institution"].clean(request.POST["institution"])
        done = 0
        for row in rows.filter(status=Deployment.Status.PENDING).select_related("registration"):
            # Where a school has claimed it, approving says that this is right.
            row.institution = chosen or row.institution or row.registration.only_institution()
            if row.institution is None:
                told = gettext("%(deployment)s: choose the institution it belongs to.")
                told %= {"deployment": row.deployment_id}
                self.message_user(request, told, messages.ERROR)
                continue
            row.status, row.decided_at = Deployment.Status.ACTIVE, timezone.now()
            row.save()  # not update(): the change is remembered
            done += 1
        words = ngettext("%(n)s deployment approved.", "%(n)s deployments approved.", done)
        self.message_user(request, words % {"n": done})


class Offices(TabularInline):  # type: ignore[misc]  # unfold has no types
    """What an account may do, school by school."""

    model = Office
    extra = 0


class NewAccountForm(UserCreationForm):  # type: ignore[misc]  # unfold has no types
    """An account by e-mail and password."""

    class Meta:
        model = Account
        fields = ("email",)


class AccountForm(UserChangeForm):  # type: ignore[misc]  # unfold has no types
    """An account; the password has a page of its own."""

    class Meta:
        model = Account
        fields = "__all__"


@admin.register(Account)
class Accounts(UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]  # unfold has no types
    """Who signs in to this site. Learners and teachers are not here: they come by launch."""

    form, add_form = AccountForm, NewAccountForm
    change_password_form = AdminPasswordChangeForm
    inlines = (Offices,)
    ordering = ("email",)
    list_display = ("email", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email",)
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "is_active", "last_login", "created_at")}),
        (_("Rights"), {"fields": ("is_staff", "is_superuser", "groups", "user_permissions")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    actions = ["take_factors"]

    @admin.action(description=_("Take second factors away"), permissions=["change"])
    def take_factors(self, request: HttpRequest, rows: QuerySet[Account]) -> None:
        """For whoever lost theirs, recovery codes too: the next sign-in sets others up."""
        for row in rows:
            with transaction.atomic():
                Authenticator.objects.filter(user=row.pk).delete()
                tell(Verb.ACCOUNT_FACTOR_REMOVE, row, by=request.user.pk)
        done = len(rows)
        words = ngettext("%(n)s account has none now.", "%(n)s accounts have none now.", done)
        self.message_user(request, words % {"n": done})


@admin.register(Connector)
class Connectors(ReadOnly):
    """Ways into an LMS's REST API, and how they are. Their tokens are nowhere to be seen."""

    list_display = ("id", "institution", "lms", "base_url", "status", "cause", "created_at")
    list_filter = ("status", "lms", "institution")
    list_select_related = ("institution",)
    fields = (*list_display, "course", "external_id")


@admin.register(SyncCursor)
class SyncCursors(ReadOnly):
    """How far each course was read, and how its last reading ended."""

    list_display = ("course", "kind", "status", "cause", "seen", "changed", "tried_at")
    list_filter = ("status", "kind")
    fields = (*list_display, "connector", "generation", "last_ok_at", "error", "faults")


admin.site.unregister(LogEntry)
# allauth's own tables, secrets in them; what may be done with them has pages of ours.
for theirs in (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(theirs)


@admin.register(LogEntry)
class Changes(LogEntryAdmin, ModelAdmin):  # type: ignore[misc]  # neither has types
    """Who changed which configuration record, and how."""

    search_fields = ("object_repr", "changes")  # auditlog's own look for names that accounts lack


MASKED = {"mask_callable": "tutorai.admin.hidden"}
auditlog.register(Institution, mask_fields=["model_key"], **MASKED)
auditlog.register(Endpoint, mask_fields=["key"], **MASKED)
auditlog.register(
    Account,
    mask_fields=["email", "password"],
    exclude_fields=["last_login"],
    **MASKED,
)
for configuration in (Registration, Deployment, Office, Connector):
    auditlog.register(configuration)
