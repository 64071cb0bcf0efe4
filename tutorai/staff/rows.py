"""Rows that people look at and the product writes."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from tutorai import errors


class ReadOnly(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Rows that people look at; the product writes them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description=_("cause"))
    def cause(self, row: Any) -> str:
        """The last error in words."""
        return errors.words(row.error) if row.error else ""
