"""Settings for the type checker: the product's, with the pretend LMS's tables beside them."""

from tutorai.settings import *  # noqa: F403
from tutorai.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "connectors.sandbox"]
