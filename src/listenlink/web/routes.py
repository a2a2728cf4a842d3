"""Every route on one screen, grouped by who may call it."""

from __future__ import annotations

from typing import Any

from litestar import Litestar
from litestar._asgi.routing_trie import traversal
from litestar._kwargs import extractors
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.connection import base as connections
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Contact, License, Reference, SecurityScheme

from listenlink.clock import Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.running.instance import Running
from listenlink.running.owning import Owning
from listenlink.web import probes, reference
from listenlink.web.api.routes import ROUTES as OF_KEYS
from listenlink.web.arriving_body import refuse_coded
from listenlink.web.caller import OwnersGuard
from listenlink.web.desk import about
from listenlink.web.desk.guard import DeskGuard
from listenlink.web.desk.room import Room
from listenlink.web.desk.routes import FOR_PEOPLE as FOR_PEOPLE
from listenlink.web.given import give
from listenlink.web.headers import headers_of
from listenlink.web.json_body import StrictBody
from listenlink.web.litestar_errors import EXCEPTION_HANDLERS
from listenlink.web.options import allow, answer_options
from listenlink.web.public import (
    archives,
    beside_page,
    downloads,
    events,
    hot_routes,
    leaving_mails,
    listens,
    manifests,
    oembed,
    page_files,
    save,
)
from listenlink.web.public.doors import Doors
from listenlink.web.response import TRACE, Answer, problem_answer, send_answer

# Anybody, without a key. The first three and the probes are served by `web/front.py` before they get here.
FOR_ANYBODY: list[Any] = [
    hot_routes.open_link,  #                    GET HEAD /v1/music/shared/{token}
    hot_routes.open_without_script,  #          POST     /v1/music/shared/{token}
    hot_routes.play_track,  #                   GET HEAD /v1/music/audio/{signed}
    listens.note_listen,  #                    POST     /v1/music/shared/{token}/listen
    events.watch_link,  #                      GET      /v1/music/shared/{token}/events
    events.tell_standing,  #                   GET      /v1/music/shared/{token}/standing
    beside_page.get_details,  #               GET      /v1/music/shared/{token}/details
    beside_page.get_download,  #              GET      /v1/music/shared/{token}/download/{track_id}
    archives.get_archive_url,  #              GET      /v1/music/shared/{token}/download
    beside_page.show_listening,  #            GET      /v1/music/shared/{token}/listening/{session}
    downloads.download_track,  #               GET HEAD /v1/music/download/{signed}
    archives.download_archive,  #              GET HEAD /v1/music/archive/{signed}
    manifests.get_manifest,  #                 GET HEAD /v1/music/manifests/{signed}
    beside_page.get_picture,  #               GET      /v1/music/picture/{name}
    beside_page.show_embed,  #                GET      /embed/{token}
    beside_page.unlock_embed,  #              POST     /embed/{token}
    leaving_mails.ask_to_leave,  #            GET      /leave/{leave}
    leaving_mails.leave_by_press,  #          POST     /leave/{leave}
    oembed.describe_embed,  #                  GET      /oembed
    page_files.get_asset,  #                   GET      /assets/{name}
    probes.is_alive,  #                        GET      /healthz
    probes.is_ready,  #                        GET      /readyz
    reference.get_schema,  #                   GET      /schema/openapi.json
    reference.show_reference,  #               GET      /docs
    about.tell_robots,  #                      GET      /robots.txt
    about.show_icon,  #                        GET      /favicon.ico
]

# A caller with a key of {org} that has the scope the route declares.
FOR_OWNERS: list[Any] = [
    save.save_shared_track,  #          write  POST     /v1/music/shared/{token}/save
    *OF_KEYS,
]

# RFC 9112, section 3.2.4: the target of an OPTIONS that asks about the server as a whole.
_WHOLE_SERVER = b"*"
_EVERY_METHOD = allow(
    str(method)
    for handler in [*FOR_ANYBODY, *FOR_OWNERS, *FOR_PEOPLE]
    for method in handler.http_methods
).encode()
# Paths here need at most half of this, and so do honest queries. The framework remembers a thousand of each,
# with all that it read from them, so longer ones are kept out.
_PATH_BYTES, _QUERY_BYTES, _QUERY_FIELDS = 512, 1024, 32
_REMEMBERING: dict[Any, tuple[str, ...]] = {
    traversal: ("parse_path_params",),
    extractors: ("parse_query_string", "create_query_default_dict"),
    connections: ("parse_query_string", "parse_cookie_string"),
}
_JSON_BYTES = 1024 * 1024  # An upload has a limit of its own.
_SECURITY: dict[str, SecurityScheme | Reference] = {
    "ApiKey": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header"),
    "Bearer": SecurityScheme(type="http", scheme="bearer"),
}


class _Routes(Litestar):
    """The framework, except for addresses that it can't take."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["raw_path"] == _WHOLE_SERVER and scope["method"] == "OPTIONS":
            await send_answer(scope, send, Answer(204, headers=[(b"allow", _EVERY_METHOD)]), [])
            return
        refused = _refuse_address(scope["raw_path"], scope["query_string"])
        if refused is None:
            await super().__call__(scope, receive, send)
            return
        answer = problem_answer(Problem(refused), scope[TRACE], Clock().now_us())
        await send_answer(scope, send, answer, [])


async def _guard_bodies(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    if connection.scope.get("method") in ("POST", "PUT", "PATCH"):
        refuse_coded(headers_of(connection.scope))


def _refuse_address(path: bytes, query: bytes) -> ProblemKind | None:
    if path == _WHOLE_SERVER:
        return ProblemKind.BAD_REQUEST
    if len(path) > _PATH_BYTES or len(query) > _QUERY_BYTES or query.count(b"&") >= _QUERY_FIELDS:
        return ProblemKind.URI_TOO_LONG
    # RFC 3986, 2: anything else is written as %XX.
    return None if query.isascii() else ProblemKind.BAD_REQUEST


def make_routes(doors: Doors, owning: Owning, room: Room, running: Running) -> Litestar:
    """Make the Litestar application behind the front; handlers are given what they name of these."""
    handlers, desk = [*FOR_ANYBODY, *FOR_OWNERS, *FOR_PEOPLE], DeskGuard(room)
    routes = _Routes.from_config(
        AppConfig(
            # OPTIONS first: the framework adds its own to a path that has none by then.
            route_handlers=[*answer_options(handlers), *handlers],
            guards=[OwnersGuard(owning).admit, desk.admit, _guard_bodies],
            after_exception=[desk.recognise],
            dto=StrictBody,
            return_dto=None,
            exception_handlers=EXCEPTION_HANDLERS,
            openapi_config=OpenAPIConfig(
                title="Listenlink",
                version="1",
                use_handler_docstrings=True,
                description="Share music by link. Errors come in one envelope; times are UTC.",
                license=License(name="Apache-2.0", identifier="Apache-2.0"),
                contact=Contact(name="Listenlink"),
                # The framework's own pages, which would load other sites' scripts, declare no scope
                # and so are refused to everybody; the document is `reference.get_schema`.
                path="/schema/framework",
                render_plugins=[JsonRenderPlugin()],
                components=Components(security_schemes=_SECURITY),
                security=[{"ApiKey": []}, {"Bearer": []}],
            ),
            dependencies={
                "doors": give(doors),
                "owning": give(owning),
                "room": give(room),
                "running": give(running),
                "reference": give(reference.Reference()),
            },
            request_max_body_size=_JSON_BYTES,
            logging_config=None,
        )
    )
    return _without_memory(routes)


def _without_memory(routes: Litestar) -> Litestar:
    """The framework remembers where the last thousand paths led, and what was in them, in queries and in
    cookies. There are tokens there, and whoever asks with one would learn, by the time, that somebody else
    did just now."""
    router: Any = routes.asgi_router
    router.handle_routing = router._handle_routing
    for module, names in _REMEMBERING.items():
        for name in names:
            remembers = getattr(module, name)
            setattr(module, name, getattr(remembers, "__wrapped__", remembers))
    return routes
