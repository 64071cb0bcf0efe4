"""A model of known speed that many may ask at once: one process, no threads. For the bench alone.

`python -m tests.bench.speaker` prints its base URL and serves until it is ended.
"""

import asyncio
import json
import sys

from tests.fake_openai import extract

THINKING, PAUSE, PIECE = 0.3, 0.05, 24  # seconds until it begins, between pieces; characters of one
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def _chunk(delta: dict[str, str], end: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": end}
    told = {"id": "bench", "object": "chat.completion.chunk", "created": 0, "model": "bench"}
    return f"data: {json.dumps({**told, 'choices': [choice]})}\n\n".encode()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().casefold()
    length = int(head.partition("content-length:")[2].split("\r\n")[0])
    body = json.loads(await reader.readexactly(length))
    text = extract(body["messages"])
    if "response_format" in body:
        text = '{"move": "question"}'
    await asyncio.sleep(THINKING)
    writer.write(HEAD)
    try:
        for at in range(0, len(text), PIECE):
            writer.write(_chunk({"content": text[at : at + PIECE]}))
            await writer.drain()
            await asyncio.sleep(PAUSE)
        writer.write(_chunk({}, "stop") + b"data: [DONE]\n\n")
        await writer.drain()
    except ConnectionError:
        pass  # who asked has gone
    writer.close()


async def main() -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"http://127.0.0.1:{port}/v1\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
