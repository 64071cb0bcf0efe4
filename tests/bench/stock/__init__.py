"""What one builds in an afternoon on pylti1p3's own Django parts: the tool ours is measured beside.

It stores person, course, membership and session, keeps its database connection, caches templates
and platform keys, and wraps what a launch writes in one transaction.
"""
