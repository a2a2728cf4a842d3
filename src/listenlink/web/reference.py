"""`/schema/openapi.json`, and `/docs`: the same as one page, without script or other sites' files."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from litestar import Request, Response, get

from listenlink.web.openapi import write_document

_STYLE = resources.files("listenlink.web.pages").joinpath("reference.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
_METHODS = ("get", "post", "put", "patch", "delete")


@get(
    "/schema/openapi.json",
    opt={"public": True},
    include_in_schema=False,
    sync_to_thread=False,
)
def get_schema(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    return write_document(request.app)


@get("/docs", opt={"public": True}, include_in_schema=False, sync_to_thread=False)
def show_reference(request: Request[Any, Any, Any]) -> Response[str]:
    """Every endpoint with its parameters, bodies and answers."""
    schema = write_document(request.app)
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in schema["paths"].items():
        for method in _METHODS:
            if operation := item.get(method):
                tag = (operation.get("tags") or ["Other"])[0]
                groups.setdefault(tag, []).append(
                    {"method": method.upper(), "path": path, **operation}
                )
    environment = Environment(
        loader=PackageLoader("listenlink.web", "pages"), autoescape=select_autoescape()
    )
    page = environment.get_template("reference.html").render(
        style=_STYLE, groups=groups, schemas=schema["components"]["schemas"], info=schema["info"]
    )
    return Response(page, media_type="text/html", headers=_HEADERS)
