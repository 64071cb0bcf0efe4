"""Moodle, over its web services (REST protocol).

Quirks: errors come with HTTP 200; success is often `null`, also where nothing was stored; the
token is a form field; a form's booleans are 1 and 0.

Source: https://moodledev.io/docs/apis/subsystems/external and a recorded Moodle 4.5.6
"""
