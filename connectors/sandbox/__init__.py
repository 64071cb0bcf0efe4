"""A pretend LMS: an LTI 1.3 platform, the LMS fakes and pages of its own, on its own port.

It is for laptops and tests. It has its own settings and database, and the product never
imports it. Start it with `python -m connectors.sandbox`.
"""
