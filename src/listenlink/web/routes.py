"""Every route on one screen, grouped by who may call it."""

from __future__ import annotations

from typing import Any

from litestar import Litestar
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, Contact, License, Reference, SecurityScheme

from listenlink.clock import Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.running.instance import Running
from listenlink.running.owning import Owning
from listenlink.web import probes, reference
from listenlink.web.api import (
    api_keys,
    collection_archives,
    collection_tracks,
    collections,
    covers,
    declarations,
    engines,
    library,
    resumable_uploads,
    share_audit,
    share_for_each,
    share_records,
    shares,
    sounds,
    target_stats,
    tracks,
    versions,
    whoami,
)
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
from listenlink.web.pages import assets
from listenlink.web.public import (
    archives,
    beside_page,
    downloads,
    events,
    hot_routes,
    listens,
    oembed,
    save,
)
from listenlink.web.public.doors import Doors
from listenlink.web.response import TRACE, Answer, problem_answer, send_answer

# Anybody, without a key. The first three are served by `web/front.py` before they get here.
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
    beside_page.get_picture,  #               GET      /v1/music/picture/{name}
    beside_page.show_embed,  #                GET      /embed/{token}
    beside_page.unlock_embed,  #              POST     /embed/{token}
    oembed.describe_embed,  #                  GET      /oembed
    assets.get_asset,  #                       GET      /assets/{name}
    probes.is_alive,  #                        GET      /healthz
    probes.is_ready,  #                        GET      /readyz
    reference.get_schema,  #                   GET      /schema/openapi.json
    reference.show_reference,  #               GET      /docs
    about.tell_robots,  #                      GET      /robots.txt
    about.show_icon,  #                        GET      /favicon.ico
]

# A caller with a key of {org} that has the scope the route declares.
FOR_OWNERS: list[Any] = [
    whoami.get_caller,  #              any    GET      /v1/caller
    save.save_shared_track,  #          write  POST     /v1/music/shared/{token}/save
    engines.list_engines,  #            read   GET      /v1/music/{org}/engines
    declarations.get_default,  #        read   GET      /v1/music/{org}/licence-default
    declarations.set_default,  #        admin  PUT      /v1/music/{org}/licence-default
    library.list_tracks,  #             read   GET      /v1/music/{org}/tracks
    tracks.upload_track,  #             write  POST     /v1/music/{org}/tracks
    resumable_uploads.begin_upload,  #            write  POST     /v1/music/{org}/uploads
    resumable_uploads.look_at_upload,  #          write  GET HEAD /v1/music/{org}/uploads/{upload_id}
    resumable_uploads.append_to_upload,  #        write  PATCH    /v1/music/{org}/uploads/{upload_id}
    resumable_uploads.end_upload,  #              write  DELETE   /v1/music/{org}/uploads/{upload_id}
    tracks.get_track,  #                read   GET      /v1/music/{org}/tracks/{track_id}
    sounds.get_track_sound,  #          read   GET      /v1/music/{org}/tracks/{track_id}/sound
    declarations.list_declarations,  #  read   GET      /v1/music/{org}/tracks/{track_id}/declarations
    covers.get_track_cover,  #          read   GET      /v1/music/{org}/tracks/{track_id}/cover
    covers.give_track_cover,  #         write  PUT      /v1/music/{org}/tracks/{track_id}/cover
    covers.take_track_cover,  #         write  DELETE   /v1/music/{org}/tracks/{track_id}/cover
    library.find_by_audio,  #           read   GET      /v1/music/{org}/audio/{sha256}
    library.change_track,  #            write  PATCH    /v1/music/{org}/tracks/{track_id}
    library.keep_track,  #              write  POST     /v1/music/{org}/tracks/{track_id}/save
    library.take_out,  #                write  DELETE   /v1/music/{org}/tracks/{track_id}/save
    tracks.delete_track,  #             write  DELETE   /v1/music/{org}/tracks/{track_id}
    versions.add_version,  #            write  POST     /v1/music/{org}/tracks/{track_id}/versions
    versions.list_versions,  #          read   GET      /v1/music/{org}/tracks/{track_id}/versions
    versions.make_version_current,  #   write  PATCH    /v1/music/{org}/tracks/{track_id}/versions/{version}
    versions.remove_version,  #         write  DELETE   /v1/music/{org}/tracks/{track_id}/versions/{version}
    shares.share_track,  #              share  POST     /v1/music/{org}/tracks/{track_id}/share
    share_for_each.share_track_with_each,  #      share  POST     /v1/music/{org}/tracks/{…}/share/batch
    collections.make_collection,  #     write  POST     /v1/music/{org}/collections
    collections.list_collections,  #    read   GET      /v1/music/{org}/collections
    collections.get_collection,  #      read   GET      /v1/music/{org}/collections/{collection_id}
    collection_archives.get_archive,  # read   GET      /v1/music/{org}/collections/{…}/download
    collections.delete_collection,  #   write  DELETE   /v1/music/{org}/collections/{collection_id}
    collections.change_collection,  #   write  PATCH    /v1/music/{org}/collections/{collection_id}
    covers.get_collection_cover,  #     read   GET      /v1/music/{org}/collections/{…}/cover
    covers.give_collection_cover,  #    write  PUT      /v1/music/{org}/collections/{…}/cover
    covers.take_collection_cover,  #    write  DELETE   /v1/music/{org}/collections/{…}/cover
    collection_tracks.list_members,  #  read   GET      /v1/music/{org}/collections/{…}/tracks
    collection_tracks.add_track,  #     write  POST     /v1/music/{org}/collections/{…}/tracks
    collection_tracks.move_track,  #    write  PATCH    /v1/music/{org}/collections/{…}/tracks/{…}
    collection_tracks.remove_track,  #  write  DELETE   /v1/music/{org}/collections/{…}/tracks/{…}
    collection_tracks.reorder,  #       write  PATCH    /v1/music/{org}/collections/{…}/order
    shares.share_collection,  #         share  POST     /v1/music/{org}/collections/{…}/share
    share_for_each.share_collection_with_each,  # share  POST     /v1/music/{org}/collections/{…}/share/batch
    share_records.list_links,  #        read   GET      /v1/music/{org}/share
    share_records.find_link,  #         read   POST     /v1/music/{org}/share/find
    share_records.get_link,  #          read   GET      /v1/music/{org}/share/{share_id}
    share_records.change_link,  #       share  PATCH    /v1/music/{org}/share/{share_id}
    share_records.rotate_link,  #       share  POST     /v1/music/{org}/share/{share_id}/rotate
    share_audit.list_opens,  #          read   GET      /v1/music/{org}/share/{share_id}/opens
    share_audit.get_stats,  #           read   GET      /v1/music/{org}/share/{share_id}/stats
    share_audit.get_link_stats_csv,  #  read   GET      /v1/music/{org}/share/{share_id}/stats.csv
    target_stats.get_track_stats,  #    read   GET      /v1/music/{org}/tracks/{track_id}/stats
    target_stats.get_track_stats_csv,  #          read   GET      /v1/music/{org}/tracks/{track_id}/stats.csv
    target_stats.get_collection_stats,  #         read   GET      /v1/music/{org}/collections/{…}/stats
    target_stats.get_collection_stats_csv,  #     read   GET      /v1/music/{org}/collections/{…}/stats.csv
    shares.revoke_link,  #              share  DELETE   /v1/music/{org}/share/{share_id}
    api_keys.make_key,  #                   admin  POST     /v1/music/{org}/keys
    api_keys.list_keys,  #                  admin  GET      /v1/music/{org}/keys
    api_keys.change_key,  #                 admin  PATCH    /v1/music/{org}/keys/{key_id}
    api_keys.deactivate_key,  #             admin  DELETE   /v1/music/{org}/keys/{key_id}
    api_keys.end_member_keys,  #            admin  DELETE   /v1/music/{org}/members/{user_id}/keys
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
    """The framework remembers where the last thousand paths led. There are tokens in them, and whoever asks
    with one would learn, by the time, that somebody else did just now."""
    router: Any = routes.asgi_router
    router.handle_routing = router._handle_routing
    return routes
