"""What a course says to one reader, in LMS-DM: read by the API at /v1 and by agents' tools alike.

Each function takes the reader (an Actor, from a session) first, and raises NotFound, NotYours or
NotOpen. What everybody is told the same is kept for a minute (`lmsdm.cache`); whether this reader
may see it is asked each time. A list is a `Page`.
"""
