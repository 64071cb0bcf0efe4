"""Tutor.AI: the floor all stand on (errors … ledger), and the roof that joins them (flows … urls)."""

from tutorai.celery import app as celery_app

__all__ = ["celery_app"]
