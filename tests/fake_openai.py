"""A small OpenAI-compatible server over real HTTP, for tests, browser tests and demos.

Unscripted, it answers from the passages in the prompt, with right citations. A test scripts it by
the API key it uses, so that tests can run beside each other:
`fake.script("key", {"status": 429, "retry_after": 7})`, `{"text": "…"}`, `{"hang": "first"}`,
`{"text": "…", "hang": "middle"}`, `{"text": "…", "cut": True}`, `{"garbage": True}`,
`{"text": "…", "nulls": True}`, `{"tool": "name"}`, `{"status": 400, "message": "what the model does not take"}`,
`{"no_usage": True}`, `{"vectors": [what is sent in place of vectors]}`,
`{"calls": [("name", "{…}"), …]}` (tools it asks for, beside `text`), `{"refuses": ["json_schema", …]}`
(400 to requests of that form or with that option; the script's next answer is for the next request).
Standing alone: `python -m tests.fake_openai --port N`.
"""

import argparse
import hashlib
import json
import re
import sys
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

PIECE = 7  # characters a chunk
DIMENSIONS = 16
CONTEXT = 32768  # tokens
HANG = 30.0  # seconds at most
PASSAGE = re.compile(r"^\[(\d+)\] [^\n]*\n(.+?)(?=\n\n\[\d+\] |\n</passages-)", re.M | re.S)


def extract(messages: list[dict[str, str]]) -> str:
    """Answer with the sentence of the passages that shares most words with the question."""
    asked = set(re.findall(r"\w{4,}", messages[-1]["content"].casefold()))
    best, answer = -1, "The course material does not cover this."
    for number, text in PASSAGE.findall(messages[0]["content"]):
        for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
            shared = len(asked & set(re.findall(r"\w{4,}", sentence.casefold())))
            if shared > best and len(sentence) > 12:
                best = shared
                answer = f'{sentence} [{number}: "{sentence.strip(" .")}"] What would you say?'
    return answer


class FakeOpenAI:
    """The server: `.url` (base URL of the API), `.script(key, *answers)`, `.requests`."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[dict[str, Any]] = []
        self.scripts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.closing = Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def script(self, key: str, *answers: dict[str, Any]) -> None:
        """Queue answers for the caller with this API key."""
        self.scripts[key].extend(answers)

    def next(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """What becomes of this request; {} where nothing was scripted."""
        return self.scripts[key].pop(0) if self.scripts[key] else {}

    def start(self) -> None:
        """Serve in a thread."""
        Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop, and let go of whoever hangs."""
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()


def _handler(fake: FakeOpenAI) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            """What models there are, with how much they take (as vLLM tells it)."""
            told = {"data": [{"id": "any", "object": "model", "max_model_len": CONTEXT}]}
            known = self.path.endswith("/models")
            self.send(200 if known else 404, json.dumps(told if known else {}).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = self.headers.get("Authorization", "").removeprefix("Bearer ")
            fake.requests.append({"path": self.path, "key": key, "body": body})
            script = fake.next(key, body)
            try:
                self.answer(body, script)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the caller went away, as some tests want

        def answer(self, body: dict[str, Any], script: dict[str, Any]) -> None:
            if script.get("hang") == "first":
                fake.closing.wait(HANG)
            elif "status" in script:
                self.refuse(script)
            elif wrong := [one for one in script.get("refuses", []) if one in json.dumps(body)]:
                self.refuse({"status": 400, "message": f"{wrong[0]} is not supported"})
            elif script.get("garbage"):
                self.send(200, b"<html>not an API</html>", "text/html")
            elif self.path.endswith("/embeddings"):
                self.embeddings(body, script)
            elif body.get("stream"):
                self.stream(body, script)
            else:
                self.whole(body, script)

        def send(self, status: int, content: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def refuse(self, script: dict[str, Any]) -> None:
            self.send_response(script["status"])
            if "retry_after" in script:
                self.send_header("Retry-After", str(script["retry_after"]))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            told = {"error": {"message": script.get("message", "scripted")}}
            self.wfile.write(json.dumps(told).encode())

        def embeddings(self, body: dict[str, Any], script: dict[str, Any]) -> None:
            data = [
                {"object": "embedding", "index": at, "embedding": _vector(text)}
                for at, text in enumerate(body["input"])
            ]
            made = {"object": "list", "model": body["model"], "data": script.get("vectors", data)}
            if not script.get("no_usage"):
                made["usage"] = {"prompt_tokens": 1, "total_tokens": 1}
            self.send(200, json.dumps(made).encode())

        def whole(self, body: dict[str, Any], script: dict[str, Any]) -> None:
            text = script.get("text") or extract(body["messages"])
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            made = {**_shell(body, "chat.completion"), "choices": [choice], "usage": _usage(text)}
            self.send(200, json.dumps(made).encode())

        def stream(self, body: dict[str, Any], script: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            asking = script.get("tool") or script.get("calls")
            text = script.get("text") or ("" if asking else extract(body["messages"]))
            if script.get("tool"):
                self.tool(body, script["tool"])
            for at, (name, arguments) in enumerate(script.get("calls", [])):
                self.called(body, at, name, arguments)
            if script.get("nulls"):
                self.nulls(body)
            for at in range(0, len(text), PIECE):
                self.chunk(body, {"content": text[at : at + PIECE]})
                time.sleep(script.get("pause", 0))
            if script.get("hang") == "middle":
                fake.closing.wait(HANG)
            if script.get("cut") or script.get("hang"):
                return
            self.chunk(body, {}, "tool_calls" if asking else "stop")
            if not script.get("no_usage"):
                made = {**_shell(body, "chat.completion.chunk"), "choices": []}
                self.event(json.dumps({**made, "usage": script.get("usage", _usage(text))}))
            self.event("[DONE]")

        def nulls(self, body: dict[str, Any]) -> None:
            """Chunks as some servers send them: null where OpenAI sends a list or an object."""
            made = _shell(body, "chat.completion.chunk")
            choice = {"index": 0, "delta": None, "finish_reason": None}
            for odd in ({"choices": None}, {"choices": [choice], "usage": None}):
                self.event(json.dumps({**made, **odd}))

        def tool(self, body: dict[str, Any], name: str) -> None:
            """A call of a tool, in pieces."""
            call = {"index": 0, "id": "call-1", "type": "function"}
            self.chunk(
                body, {"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]}
            )
            rest = {"index": 0, "function": {"arguments": "{}"}}
            self.chunk(body, {"tool_calls": [rest]})

        def called(self, body: dict[str, Any], at: int, name: str, arguments: str) -> None:
            """A call of a tool with its arguments, in pieces."""
            call = {"index": at, "id": f"call-{at + 1}", "type": "function"}
            begun = {**call, "function": {"name": name, "arguments": ""}}
            self.chunk(body, {"tool_calls": [begun]})
            for start in range(0, len(arguments), PIECE):
                rest = {"arguments": arguments[start : start + PIECE]}
                self.chunk(body, {"tool_calls": [{"index": at, "function": rest}]})

        def chunk(
            self, body: dict[str, Any], delta: dict[str, Any], end: str | None = None
        ) -> None:
            choice = {"index": 0, "delta": delta, "finish_reason": end}
            self.event(json.dumps({**_shell(body, "chat.completion.chunk"), "choices": [choice]}))

        def event(self, data: str) -> None:
            self.wfile.write(f"data: {data}\n\n".encode())
            self.wfile.flush()

    return Handler


def _shell(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "fake", "object": kind, "created": 0, "model": body["model"]}


def _usage(text: str) -> dict[str, int]:
    return {"prompt_tokens": 100, "completion_tokens": len(text), "total_tokens": 100 + len(text)}


def _vector(text: str) -> list[float]:
    return [byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:DIMENSIONS]]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    fake = FakeOpenAI(parser.parse_args().port)
    sys.stdout.write(f"{fake.url}\n")
    sys.stdout.flush()
    fake.server.serve_forever()
