"""A model server on loopback that answers at once as OpenAI's chat completions do, and counts its calls.

A process of its own, on asyncio alone, so that whoever asks it pays for their own work only. `GET /count`
tells how many calls were answered since the last `GET /count`, the seconds from the first one's coming to the
last one's answer, and how many were with it at once at most.
"""

import asyncio
import contextlib
import json
import math
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

REPLY = "I feel afraid of the dark, and I want to go home."
_CANDIDATES = {
    " scared": 0.3, " calm": 0.2, "scared": 0.1, "afraid": 0.1, "calm": 0.05, "0": 0.02, "1": 0.03, "2": 0.05,
    "3": 0.04, "4": 0.03, "sad": 0.02, "angry": 0.02, "worried": 0.02, "tense": 0.01,
}  # fmt: skip
_LOGPROBS = {
    "content": [
        {
            "token": " scared", "logprob": math.log(0.3), "bytes": None,
            "top_logprobs": [
                {"token": token, "logprob": math.log(p), "bytes": None} for token, p in _CANDIDATES.items()
            ],
        }
    ]
}  # fmt: skip
_NAMED = {"id": "c", "created": 1, "model": "instant"}
_USAGE = {"prompt_tokens": 400, "completion_tokens": 12, "total_tokens": 412}


@dataclass
class Count:
    """What came since it was last asked for."""

    calls: int = 0
    began: float = 0.0
    ended: float = 0.0
    now: int = 0
    most: int = 0

    def told(self) -> bytes:
        return json.dumps(
            {"calls": self.calls, "seconds": self.ended - self.began, "at once": self.most}
        ).encode()


class _Line(asyncio.Protocol):
    """One connection, kept alive."""

    count = Count()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._got = bytearray()

    def data_received(self, data: bytes) -> None:
        self._got += data
        while (end := self._got.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._got[:end]).lower()
            _, found, length = head.partition(b"content-length:")
            needed = end + 4 + (int(length.split(b"\r\n", 1)[0]) if found else 0)
            if len(self._got) < needed:
                return
            body = bytes(self._got[end + 4 : needed])
            del self._got[:needed]
            self._take(head, body)

    def _take(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"get /count"):
            self._answer(_Line.count.told())
            _Line.count = Count()
            return
        count = _Line.count
        count.began = count.began or time.perf_counter()
        count.now += 1
        count.most = max(count.most, count.now)
        asked = json.loads(body)
        # After the others that have come: what is at once is then seen to be.
        asyncio.get_running_loop().call_soon(self._reply, asked, count)

    def _reply(self, asked: dict[str, Any], count: Count) -> None:
        if asked.get("stream"):
            self._answer(_events(asked), b"text/event-stream")
        else:
            self._answer(_whole(asked))
        count.calls += 1
        count.now -= 1
        count.ended = time.perf_counter()

    def _answer(self, body: bytes, kind: bytes = b"application/json") -> None:
        assert isinstance(self._transport, asyncio.WriteTransport)
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (kind, len(body), body)
        )


def _whole(asked: dict[str, Any]) -> bytes:
    message = {"role": "assistant", "content": REPLY}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    if asked.get("logprobs"):
        choice |= {"logprobs": _LOGPROBS, "message": message | {"content": " scared"}}
    return json.dumps(_NAMED | {"object": "chat.completion", "choices": [choice], "usage": _USAGE}).encode()


def _events(asked: dict[str, Any]) -> bytes:
    """The reply in pieces of about a token."""
    named = _NAMED | {"object": "chat.completion.chunk"}

    def event(delta: dict[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: %b\n\n" % json.dumps(named | {"choices": [choice]}).encode()

    words = [event({"content": word}) for word in REPLY.replace(" ", "| ").split("|")]
    usage = b""
    if (asked.get("stream_options") or {}).get("include_usage"):
        usage = b"data: %b\n\n" % json.dumps(named | {"choices": [], "usage": _USAGE}).encode()
    return b"".join([*words, event({}, "stop"), usage, b"data: [DONE]\n\n"])


@dataclass(frozen=True)
class InstantServer:
    base: str

    def count(self) -> dict[str, float]:
        """`calls`, `seconds` and `at once` since this was last asked."""
        with urllib.request.urlopen(f"{self.base.removesuffix('/v1')}/count", timeout=30) as answer:
            found: dict[str, float] = json.load(answer)
        return found


@contextlib.contextmanager
def instant_server() -> Iterator[InstantServer]:
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.instant_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield InstantServer(f"http://127.0.0.1:{int(process.stdout.readline())}/v1")
        finally:
            process.stdin.close()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Line, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # ends with whoever started it
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
