"""Moodle as the sandbox plays it, after recordings of a Moodle 4.5.6: an LTI platform so far.

`platform` says which addresses there are and puts the rest together: `opening` and `asking` are a
launch from its form to the authorization request, `speaking` and `claims` its id_token; `choosing`,
`filling` and `modedit` are deep linking up to the teacher's Save; `starting`, `registration` and
`claiming` a tool that registers itself. `ags`, `scores`, `nrps` and `tokens` are the services;
`handlers` is the order in which these refuse, `verifying` how a tool's signature is checked.

Each oddity names its recording ("Moodle 4.5 recordings, …"). Tests say every recording again to this
Moodle and compare status, headers and body (`tests/sandbox/replaying.py`).
"""
