"""A model server on loopback that answers as told: rightly, wrongly, in halves, late or never."""

import json
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[["Reply"], None]


class Reply(BaseHTTPRequestHandler):
    """One request to answer. `asked` is its JSON body; helpers write the answer's parts."""

    protocol_version = "HTTP/1.1"
    server: "Door"
    asked: dict[str, Any]

    def do_POST(self) -> None:
        self.asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        self.close_connection = True
        owner = self.server.owner
        with owner.lock:
            number = len(owner.asked)
            owner.asked.append(self.asked)
            owner.headers.append({name.lower(): value for name, value in self.headers.items()})
        owner.was_asked.set()
        try:
            owner.acts[min(number, len(owner.acts) - 1)](self)
        except (BrokenPipeError, ConnectionResetError):
            owner.hung_up.set()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def body(self, text: str | bytes, status: int = 200, **headers: str) -> None:
        data = text.encode() if isinstance(text, str) else text
        self.send_response(status)
        self.send_header("Content-Type", headers.pop("Content_Type", "application/json"))
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")  # else the next request may meet a socket being closed
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def begin_events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def event(self, data: dict[str, Any] | str) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        self.wfile.write(f"data: {text}\n\n".encode())
        self.wfile.flush()

    def chunk(self, text: str | None, finish: str | None = None, **delta: Any) -> None:
        delta |= {} if text is None else {"content": text}
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        self.event(
            {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        )


class Door(ThreadingHTTPServer):
    owner: "ModelServer"
    daemon_threads = True


class ModelServer:
    """Answers the n-th request with the n-th act, further ones with the last. Use as a context."""

    def __init__(self, *acts: Act) -> None:
        self.acts: Sequence[Act] = acts
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()
        self.let_go = threading.Event()
        self.hung_up = threading.Event()
        self.was_asked = threading.Event()

    def __enter__(self) -> "ModelServer":
        self._door = Door(("127.0.0.1", 0), Reply)
        self._door.owner = self
        self.base = f"http://127.0.0.1:{self._door.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._door.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._door.shutdown()
        self._door.server_close()


def completion(content: object = "I feel calm.", *, finish: str = "stop", **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": 12, "completion_tokens": 4, "total_tokens": 16}
    named = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    return {**named, "choices": [choice], "usage": usage, **more}


def says(content: object = "I feel calm.", **more: Any) -> Act:
    """A good answer, streamed or whole as asked."""

    def act(reply: Reply) -> None:
        if not reply.asked.get("stream"):
            reply.body(json.dumps(completion(content, **more)))
            return
        reply.begin_events()
        for word in str(content).split(" "):
            reply.chunk(word + " ")
        reply.chunk(None, "stop")
        reply.event("[DONE]")

    return act


def speaks(content: str | None, *, finish: str = "stop", piece: int = 7, **message: Any) -> Act:
    """Exactly this text, whole or in pieces of a few characters; `message` has more of its fields."""

    def act(reply: Reply) -> None:
        if not reply.asked.get("stream"):
            body = completion(content, finish=finish)
            body["choices"][0]["message"] |= message
            reply.body(json.dumps(body))
            return
        reply.begin_events()
        for name, value in message.items():
            reply.chunk(None, **{name: value})
        for start in range(0, len(content or ""), piece):
            reply.chunk((content or "")[start : start + piece])
        reply.chunk(None, finish)
        reply.event("[DONE]")

    return act


def refuses(says_so: Callable[[dict[str, Any]], str], otherwise: Act) -> Act:
    """Answers 400 with those words where there are any for the request, else as `otherwise`."""

    def act(reply: Reply) -> None:
        message = says_so(reply.asked)
        (fails(400, message) if message else otherwise)(reply)

    return act


def never_streams(reply: Reply) -> None:
    """A whole reply, whatever is asked."""
    reply.body(json.dumps(completion()))


def unfinished_stream(reply: Reply) -> None:
    """Closed by `[DONE]`, though no finish reason came."""
    reply.begin_events()
    reply.chunk("I feel")
    reply.chunk(" calm.")
    reply.event("[DONE]")


def raw(text: str | bytes, status: int = 200, **headers: str) -> Act:
    return lambda reply: reply.body(text, status, **headers)


def fails(status: int, message: str = "no", **headers: str) -> Act:
    return raw(json.dumps({"error": {"message": message, "type": "t", "code": status}}), status, **headers)


def half_a_stream(*words: str) -> Act:
    """A stream whose connection closes with no finish reason."""

    def act(reply: Reply) -> None:
        reply.begin_events()
        for word in words:
            reply.chunk(word)

    return act


def garbled_stream(reply: Reply) -> None:
    reply.begin_events()
    reply.chunk("I feel")
    reply.event('{"choices": [{"del')


def failing_stream(reply: Reply) -> None:
    reply.begin_events()
    reply.chunk("I feel")
    reply.event({"error": {"message": "out of memory", "type": "server_error", "code": 500}})


def hangs(reply: Reply) -> None:
    """Takes the request and never answers (until the server is let go)."""
    reply.server.owner.let_go.wait(30)


def hangs_in_mid_stream(reply: Reply) -> None:
    reply.begin_events()
    reply.chunk("I feel")
    owner = reply.server.owner
    while not owner.let_go.wait(0.05):
        reply.wfile.write(b": still here\n\n")
        reply.wfile.flush()


def drops_connection(reply: Reply) -> None:
    reply.connection.close()
