"""Registering with a platform: dynamically, or by what an administrator writes down.

configuration   what a platform says of itself, read as a stranger's word
body            what we ask of it
answer          what it made of that
dynamic         from an invite to the rows, with a person's yes in between
entry           the same rows, entered by hand
renewal         a platform that registers anew, and loses nothing
ours            our own addresses; canvas_json: Canvas's developer key
errors          each way it can fail, in words
"""
