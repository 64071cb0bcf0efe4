"""What agents may ask for and do: one set of tools, for the tutor's own loop and for MCP clients.

A tool is a line in `shelf.TOOLS`: what it takes and answers is pydantic's to say, what it does is a
function of the actor. The actor comes from whoever calls, never from the arguments, so that no
model and no text in a course can choose whom a tool works for. Who may call which from where is
one table (`rules`), and what stands before every call one function (`registry.run`). Tools read
(`agents.reads`) and write proposals; nothing they do reaches anybody before a person approved it.

`server.call(actor, name, arguments)` runs one, `doors.server` is the MCP server that serves them.
Nothing but `agents.tools.doors` imports `mcp`, and only who needs it imports that: it is large.
"""
