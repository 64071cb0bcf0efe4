"""A pretend LMS: LTI 1.3 platforms, the LMS fakes and pages of its own, on its own port.

It is for laptops and tests. It has its own settings and database, and the product never
imports it. Start it with `python -m connectors.sandbox`; docs/sandbox.md says what it can do.

A world plays one LMS. What is its own stands in `connectors.<lms>.fake`: `platform` (launches,
registration, deep linking) and `ags` (the gradebook); `dialects` brings them together.
"""
