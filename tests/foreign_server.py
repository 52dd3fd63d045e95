"""A SCIM service that nobody here wrote, unmodified, on a real socket."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from scim2_models import ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BEARER_TOKEN_SCHEME, BearerTokenApplication
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)
from werkzeug.serving import WSGIRequestHandler, make_server

TOKEN = "foreign-token-0123456789"


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing."""


@contextlib.contextmanager
def running_scim2_server(
    token: str = TOKEN, fill: Callable[[ScimProvider, InMemoryStorage], None] | None = None
) -> Iterator[str]:
    """Run scim2-server as its own command sets it up; yields its base URL.

    ``fill`` may put resources into its storage before it answers.
    """
    config = load_default_service_provider_config()
    config.authentication_schemes = [
        *(config.authentication_schemes or []),
        BEARER_TOKEN_SCHEME,
    ]
    provider = ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=config
    )
    storage = InMemoryStorage()
    if fill is not None:
        fill(provider, storage)
    app = BearerTokenApplication(storage, provider, bearer_tokens=[token])
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v2"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
