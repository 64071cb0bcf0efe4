"""The sandbox as a Django app of its own project."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """Only `connectors.sandbox.settings` installs this app."""

    name = "connectors.sandbox"
    label = "sandbox"
