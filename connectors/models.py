"""Connections to an LMS, and how far each was read."""
