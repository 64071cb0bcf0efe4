"""Django's admin, with our own site."""

from django.contrib.admin.apps import AdminConfig


class StaffConfig(AdminConfig):
    """Says which site it is; stands in INSTALLED_APPS for django.contrib.admin."""

    default_site = "tutorai.staff.site.Site"
