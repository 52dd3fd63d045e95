"""An app on loopback that misbehaves on purpose, over plain sockets."""

import asyncio
import contextlib
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Manners: TypeAlias = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""What the app does once it has read a request whole."""


def answers(status: int, body: bytes | str = b"", **headers: str) -> Manners:
    """Answer each request alike; header names are written with underscores."""
    content = body.encode() if isinstance(body, str) else body

    async def manners(request: bytes, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(content)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        with contextlib.suppress(ConnectionError):
            await writer.drain()

    return manners


async def resets(request: bytes, writer: asyncio.StreamWriter) -> None:
    """Cut the connection once the request is there."""
    writer.transport.abort()


async def is_silent(request: bytes, writer: asyncio.StreamWriter) -> None:
    """Never answer; end when the client does."""
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def drips(request: bytes, writer: asyncio.StreamWriter) -> None:
    """Answer a byte at a time, each soon enough, and never whole."""
    with contextlib.suppress(ConnectionError):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)


async def never_ends(request: bytes, writer: asyncio.StreamWriter) -> None:
    """Answer for as long as anybody listens, as fast as it goes."""
    with contextlib.suppress(ConnectionError):
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            await writer.drain()


async def stops_half_way(request: bytes, writer: asyncio.StreamWriter) -> None:
    """Promise more than comes."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"totalResults": 1, ')
    await writer.drain()
    writer.close()


async def speaks_something_else(request: bytes, writer: asyncio.StreamWriter) -> None:
    """Answer as an SSH server does."""
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def rude_app(
    manners: Manners, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Run the app; gives its base URL and the requests it received."""
    received: list[bytes] = []
    # The loop itself holds its tasks weakly; one that is collected while it waits is an error.
    talking: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = 0
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                request = head + await reader.readexactly(length)
                received.append(request)
                await manners(request, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.CancelledError:
            # The server ends with the test; a client that never left is not an error.
            pass
        finally:
            talking.discard(task)
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    scheme = "https" if tls else "http"
    try:
        yield f"{scheme}://127.0.0.1:{port}/scim/v2", received
    finally:
        server.close()
        left = list(talking)
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def certificate(folder: Path, name: str, *, days: int = 30) -> tuple[ssl.SSLContext, bytes]:
    """Return a server's side of a certificate that nobody vouches for, and its PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)  # noqa: TID251 - TLS reads the clock
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends - dt.timedelta(days=60))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "server.pem"
    file.write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, pem
