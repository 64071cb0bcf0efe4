"""Person, course, membership; the session is Django's own row."""

from typing import ClassVar, Self

from django.db import models


class Person(models.Model):
    """Someone a platform knows."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()
    issuer = models.CharField(max_length=255)
    sub = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    email = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "sub"], name="one_person")]

    def __str__(self) -> str:
        return self.sub


class Course(models.Model):
    """A context of a deployment."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()
    issuer = models.CharField(max_length=255)
    deployment = models.CharField(max_length=255)
    context = models.CharField(max_length=255)
    title = models.CharField(max_length=255)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "deployment", "context"], name="one_course")
        ]

    def __str__(self) -> str:
        return self.context


class Membership(models.Model):
    """A role of a person in a course."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()
    person = models.ForeignKey(Person, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE)
    role = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "course"], name="one_membership")]

    def __str__(self) -> str:
        return self.role
