"""Signing in with an account, on django-allauth: its views and flows, our rules and pages."""
