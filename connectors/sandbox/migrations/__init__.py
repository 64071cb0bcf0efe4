"""Migrations of the sandbox's own database."""
