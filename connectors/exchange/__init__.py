"""Questions as files that LMSs import: LMS-DM in, bytes out, and back. Pure.

What a format, or whoever imports it, cannot say is told by name (`terms.Limit`) before anything is
written, or refused: nothing is left out in silence.
"""
