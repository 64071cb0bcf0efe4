"""Canvas, over its REST API (version 1).

Quirks: ids are numbers beyond 2^53 across shards, so they are asked for as strings; a 401
without WWW-Authenticate speaks of permission, not of the token; 403 with "Rate Limit Exceeded"
means later; a module with many items comes without them; page slugs change with the title.

Source: https://canvas.instructure.com/doc/api/
"""
