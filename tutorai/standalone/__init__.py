"""Courses that are made here and live in no LMS: made, filled, entered; and their way into one.

`courses` who makes and sees them, `joining` how students come in, `filling` what is put into them,
`packing` their export and its way back, `finding` the LMS's course that fits, `moving` the move.
"""
