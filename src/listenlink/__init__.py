"""Share music by link. `Client` and `AsyncClient` talk to a server, which is started from the CLI."""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from listenlink.client import (
        AsyncClient,
        Client,
        Limits,
        ListenlinkError,
        WebhookError,
        WebhookEvent,
        verify_webhook,
    )

__all__ = [
    "AsyncClient",
    "Client",
    "Limits",
    "ListenlinkError",
    "WebhookError",
    "WebhookEvent",
    "verify_webhook",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Imported on demand: the command line and the server's workers don't need an HTTP client.
    if name in __all__:
        if sys.version_info < (3, 11):  # noqa: UP036 (a source tree may be on an older one's path)
            raise ImportError("listenlink: Python 3.11 or newer is needed")
        from listenlink import client

        return getattr(client, name)
    raise AttributeError(name)
