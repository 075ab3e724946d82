"""A hub on loopback: states a file's hash, sends it whole, in halves, slowly, from elsewhere, or lies."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import pytest

COMMIT = "c" * 40


class Hub:
    """Serves one file under any repository. What it does wrong is set on its attributes, at any time.

    `breaks` are lengths after which a download is cut off, one a request, then whole; `states` replaces the
    hash it states; `whole_again` answers a request for the rest with everything; `no_rest` refuses ranges.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.breaks: list[int] = []
        self.states = hashlib.sha256(content).hexdigest()
        self.whole_again = False
        self.no_rest = False
        self.status = 200
        self.ranges: list[str] = []
        self.tokens: list[tuple[str, str]] = []
        self.on_piece = threading.Event()
        hub = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

            def do_HEAD(self) -> None:
                hub.tokens.append(("HEAD", self.headers.get("Authorization", "")))
                if hub.status != 200:
                    self.send_response(hub.status)
                    if hub.status == 404:
                        self.send_header("X-Error-Code", "EntryNotFound")
                    if hub.status == 403:
                        self.send_header("X-Error-Code", "GatedRepo")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(302)
                self.send_header("Location", f"http://localhost:{hub.port}/elsewhere/1")
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("X-Linked-Etag", f'"{hub.states}"')
                self.send_header("X-Linked-Size", str(len(hub.content)))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                if self.path.startswith("/api/"):  # the library asks this by itself, once a process
                    self.send_error(404)
                    return
                if self.path.endswith("/1"):
                    self.send_response(307)
                    self.send_header("Location", f"http://localhost:{hub.port}/elsewhere/2")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                wished = self.headers.get("Range", "")
                hub.ranges.append(wished)
                hub.tokens.append(("GET", self.headers.get("Authorization", "")))
                start = int(wished.removeprefix("bytes=").rstrip("-")) if wished else 0
                if wished and hub.no_rest:
                    self.send_response(416)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                start = 0 if hub.whole_again else start
                rest = hub.content[start:]
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(rest)))
                if start:
                    self.send_header(
                        "Content-Range", f"bytes {start}-{len(hub.content) - 1}/{len(hub.content)}"
                    )
                self.end_headers()
                cut = hub.breaks.pop(0) if hub.breaks else len(rest)
                self.wfile.write(rest[:cut])
                self.wfile.flush()
                self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def point_to(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the library ask there. It reads HF_ENDPOINT when it is loaded, which may have been before."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.address)
    template = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
