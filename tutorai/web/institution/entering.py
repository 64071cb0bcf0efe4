"""Forms of a platform that is entered by hand, with a preset of its family."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lti.registration import configuration, entry, profiles
from lti.registration.entry import Entered
from tutorai.errors import TutorError, UrlRefused

LONGEST = 255  # characters of an issuer, a client or a deployment id; LTI 1.3 core 5.3
ADDRESS = 2000  # characters of an address
ENVIRONMENTS = [
    ("production", gettext_lazy("Hosted by Instructure")),
    ("beta", gettext_lazy("Hosted by Instructure: beta")),
    ("test", gettext_lazy("Hosted by Instructure: test")),
    ("own", gettext_lazy("On a server of our own")),
]
HINTS = {
    "site": gettext_lazy("As it stands in the browser: https://learn.example.edu"),
    "client_id": gettext_lazy("The platform shows it after you registered Tutor.AI there."),
    "deployment_id": gettext_lazy(
        "If the platform shows one. Else the installation waits in the inbox at its first launch."
    ),
    "configuration_url": gettext_lazy(
        "If the platform has one, it tells the rest: often "
        "https://…/.well-known/openid-configuration. Leave the fields below empty then."
    ),
    "token_audience": gettext_lazy("Only where the platform names one."),
}


class Ids(forms.Form):
    """What every platform gives."""

    name = forms.CharField(label=gettext_lazy("Name, for you"), max_length=200, required=False)
    client_id = forms.CharField(label=gettext_lazy("Client ID"), max_length=LONGEST)
    deployment_id = forms.CharField(
        label=gettext_lazy("Deployment ID"), max_length=LONGEST, required=False
    )
    family = ""
    entered: Entered | None = None
    vouched = False  # by the issuer's own configuration: its addresses may be on other hosts

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, hint in HINTS.items():
            if name in self.fields:
                self.fields[name].help_text = hint
        self.order_fields(["environment", "site", "configuration_url", *entry_names(), "client_id"])

    def read(self) -> Entered:
        """Return where the platform is; raise ValidationError."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Put the platform's addresses together, once its own fields are right."""
        told: dict[str, Any] = super().clean() or {}
        if self.errors:
            return told
        self.entered = self.read()
        if len(self.entered.issuer) > LONGEST:
            raise forms.ValidationError(_("This address is too long."))
        if profiles.vendor(self.entered.issuer):
            self.family = profiles.by_product("", self.entered.issuer).family
        wrong = "" if self.vouched else entry.strange(self.entered)
        if wrong := wrong or entry.misdirected(self.entered):
            words = _(
                "This address is on another host than the issuer. If your platform really has "
                "several, enter its OpenID configuration instead: it speaks for them."
            )
            self.add_error(wrong if wrong in self.fields else None, words)
        return told

    @property
    def title(self) -> str:
        """The name, or what stands for one."""
        host = self.entered.issuer.partition("://")[2] if self.entered else ""
        given = str(self.cleaned_data.get("name") or "")
        return given or f"{profiles.by_family(self.family).title} ({host})"


def entry_names() -> tuple[str, ...]:
    """Return the fields of a platform's addresses, in the order they are asked for."""
    return ("issuer", *entry.ADDRESSES, "token_audience")


class Site(Ids):
    """A platform that is known by its address alone."""

    site = forms.CharField(label=gettext_lazy("Address of the platform"), max_length=ADDRESS)
    ends: tuple[str, ...] = ()

    def clean_site(self) -> str:
        """Take what somebody copied from there, too."""
        return _site(self.cleaned_data["site"], *self.ends)

    def read(self) -> Entered:
        return entry.BY_SITE[self.family](self.cleaned_data["site"])


def _site(text: str, *ends: str) -> str:
    try:
        return entry.site_of(text, *ends)
    except UrlRefused as error:
        raise forms.ValidationError(str(error)) from error


class Moodle(Site):
    family, ends = "moodle", ("/mod/", "/admin/", "/course/", "/my", "/login/")


class Brightspace(Site):
    family, ends = "d2l", ("/d2l",)


class Canvas(Ids):
    family = "canvas"
    environment = forms.ChoiceField(label=gettext_lazy("Your Canvas is"), choices=ENVIRONMENTS)
    site = forms.CharField(
        label=gettext_lazy("Its address, on a server of your own"),
        max_length=ADDRESS,
        required=False,
    )

    def clean_site(self) -> str:
        """It is asked for only where the school runs its own."""
        if self.cleaned_data.get("environment") != "own":
            return ""
        if not self.cleaned_data["site"]:
            raise forms.ValidationError(_("Enter the address of your Canvas."))
        return _site(self.cleaned_data["site"], "/accounts", "/courses", "/login")

    def read(self) -> Entered:
        environment = self.cleaned_data["environment"]
        if environment == "own":
            return entry.canvas_of_ones_own(self.cleaned_data["site"])
        return entry.canvas(environment)


class Blackboard(Ids):
    family = "blackboard"

    def clean_client_id(self) -> str:
        """It becomes part of an address."""
        given: str = self.cleaned_data["client_id"].strip()
        if not all(sign.isalnum() or sign in "-_" for sign in given) or not given.isascii():
            raise forms.ValidationError(_("Blackboard's client ids have letters, digits and -."))
        return given

    def read(self) -> Entered:
        return entry.blackboard(self.cleaned_data["client_id"])


class Schoology(Ids):
    family = "schoology"

    def read(self) -> Entered:
        return entry.schoology()


class Whole(Ids):
    """Any platform: its configuration's address, or each of its addresses."""

    family = "other"
    configuration_url = forms.CharField(
        label=gettext_lazy("OpenID configuration"), max_length=ADDRESS, required=False
    )
    issuer = forms.CharField(label=gettext_lazy("Issuer"), max_length=LONGEST, required=False)
    auth_url = forms.CharField(
        label=gettext_lazy("Authentication request URL"), max_length=ADDRESS, required=False
    )
    token_url = forms.CharField(
        label=gettext_lazy("Access token URL"), max_length=ADDRESS, required=False
    )
    jwks_url = forms.CharField(
        label=gettext_lazy("Public keyset (JWKS) URL"), max_length=ADDRESS, required=False
    )
    token_audience = forms.CharField(
        label=gettext_lazy("Audience of token requests"), max_length=ADDRESS, required=False
    )

    def clean(self) -> dict[str, Any]:
        """Each address is needed where no configuration tells it."""
        told: dict[str, Any] = self.cleaned_data
        for name in ("issuer", *entry.ADDRESSES):
            if told.get("configuration_url") or name in self.errors:
                continue
            if not told.get(name):
                self.add_error(name, _("Enter this, or the OpenID configuration above."))
            elif why := entry.refused(told[name]):
                self.add_error(name, why)
        return super().clean()

    def read(self) -> Entered:
        url = self.cleaned_data.get("configuration_url")
        if not url:
            return Entered(**{name: self.cleaned_data[name] for name in entry_names()})
        try:
            told = configuration.fetch(url.strip())
        except TutorError as error:
            raise forms.ValidationError({"configuration_url": str(error)}) from error
        self.family, self.vouched = told.profile.family, True
        return Entered(
            issuer=told.issuer,
            auth_url=told.authorization_endpoint,
            token_url=told.token_endpoint,
            jwks_url=told.jwks_uri,
            token_audience=told.audience,
        )


FORMS: dict[str, Callable[..., Ids]] = {
    "canvas": Canvas,
    "moodle": Moodle,
    "blackboard": Blackboard,
    "d2l": Brightspace,
    "schoology": Schoology,
    "other": Whole,
}
