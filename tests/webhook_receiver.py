"""A real HTTP server on loopback that keeps what is posted to it, and can be told how to answer."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """``answers`` are the statuses of the next requests; then it is 204."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/seatkeeper"


@contextlib.contextmanager
def running_receiver(*answers: int) -> Iterator[Receiver]:
    kept = Receiver(answers=list(answers))

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            kept.received.append(Received(self.path, headers, body))
            status = kept.answers.pop(0) if kept.answers else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{kept.port}/elsewhere")
            self.send_header("Content-Length", "0" if status == 204 else "4")
            self.end_headers()
            self.wfile.write(b"" if status == 204 else b"busy")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
