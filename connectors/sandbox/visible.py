"""Who may see what: drafts, dates and sections, as Canvas decides it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from connectors.sandbox.models import (
    Assignment,
    Course,
    Enrolment,
    File,
    Group,
    Module,
    ModuleItem,
    Page,
    Person,
    Quiz,
    Visible,
)

STAFF = {"TeacherEnrollment", "TaEnrollment", "DesignerEnrollment"}


class Eyes:
    """What one person sees in one course."""

    def __init__(self, person: Person, course: Course) -> None:
        self.person, self.course = person, course
        rows = Enrolment.objects.filter(person=person, course=course, state="active")
        self.types = set(rows.values_list("type", flat=True))
        self.sections = set(rows.values_list("section_id", flat=True))
        observed = rows.exclude(observed=None).values_list("observed_id", flat=True)
        # An observer sees what the observed student sees.
        self.sections |= set(
            Enrolment.objects.filter(person__in=observed, course=course).values_list(
                "section_id", flat=True
            )
        )

    @property
    def member(self) -> bool:
        """Has this person any business in the course?"""
        return bool(self.types)

    @property
    def staff(self) -> bool:
        """Teachers, assistants and designers see drafts too."""
        return bool(self.types & STAFF)

    def sees(self, thing: Page | File | Assignment | Quiz | Module) -> bool:
        """May this person see that the thing exists?"""
        if self.staff:
            return True
        if not (self.member and thing.published and self._mine(thing)):
            return False
        if isinstance(thing, File) and thing.hidden:
            return False
        return isinstance(thing, Module) or self._through_module(thing)

    def _mine(self, thing: Visible) -> bool:
        """Is the thing for this person, and not taken from them?"""
        rows = list(thing.overrides.all())  # type: ignore[attr-defined]
        if not (thing.only_visible_to_overrides or any(one.unassigned for one in rows)):
            return True
        groups = set(
            Group.objects.filter(course=self.course, people=self.person).values_list(
                "id", flat=True
            )
        )
        mine = [
            one
            for one in rows
            if one.section_id in self.sections
            or one.group_id in groups
            or self.person in one.people.all()
        ]
        if any(one.unassigned for one in mine):
            return False
        return bool(mine) or not thing.only_visible_to_overrides

    def _through_module(self, thing: Visible) -> bool:
        """A module given to other sections hides what stands only in it."""
        field = type(thing).__name__.lower()
        items = ModuleItem.objects.filter(**{field: thing}).select_related("module")
        modules = [item.module for item in items]
        return not modules or any(self._mine(module) for module in modules)

    def locked(self, thing: Visible) -> bool:
        """Is the thing not open yet, or not any more, for this person?"""
        if self.staff:
            return False
        now = timezone.now()
        early = thing.unlock_at is not None and now < thing.unlock_at
        late = thing.lock_at is not None and now > thing.lock_at
        return early or late

    def due(self, work: Assignment) -> datetime | None:
        """Return this person's own deadline: the latest of their sections', else everyone's."""
        dates = [o.due_at for o in work.overrides.all() if o.section_id in self.sections]
        own = [date for date in dates if date is not None]
        return max(own) if own else work.due_at
