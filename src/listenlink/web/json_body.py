"""The JSON body of a request, read strictly by its type."""

from __future__ import annotations

import re
from collections.abc import Generator
from types import NoneType
from typing import Any, ClassVar, get_args

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from listenlink.errors import Problem, ProblemKind, invalid

JSON = "application/json"
_NAMED_FIELD = re.compile(r"field `([^`]+)`")


class StrictBody(AbstractDTO[Any]):
    """How Litestar reads the argument that handlers call `data`.

    By default it would take "5" for 5, a number for a time and "null" for nothing: a track called
    "null" would lose its title.
    """

    _types: ClassVar[dict[str, Any]] = {}

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the handler's type. Raises Problem(UNSUPPORTED_MEDIA_TYPE) if it says that it's
        something else than JSON, Problem(BAD_REQUEST) if it isn't, and Problem(INVALID) naming the field
        that is missing, unknown or of the wrong type."""
        _require_json(self.asgi_connection.headers.get("content-type", ""))
        try:
            sent = _with_whole_numbers(msgspec.json.decode(value))
            return msgspec.convert(sent, self._types[self.asgi_connection.route_handler.handler_id])
        except msgspec.ValidationError as error:
            raise _invalid(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Problem(ProblemKind.BAD_REQUEST) from None

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Store the body's type; called once for every handler with a body. One that may be left out is
        optional, but isn't null."""
        kinds = [kind for kind in get_args(field_definition.annotation) if kind is not NoneType]
        cls._types[handler_id] = kinds[0] if field_definition.is_optional else field_definition.raw

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: SchemaCreator
    ) -> Reference | Schema:
        """Describe the type itself in the OpenAPI document."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(
        cls, model_type: type[Any]
    ) -> Generator[DTOFieldDefinition, None, None]:
        """Yield nothing: no field is renamed or left out."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """Always False: msgspec handles types within types."""
        return False


def sent_fields(body: msgspec.Struct) -> dict[str, Any]:
    """What was sent, by name: all but what is UNSET. A field that was left out and has a default has that."""
    fields = msgspec.structs.asdict(body)
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}


def _require_json(content_type: str) -> None:
    """A body without a type is taken for JSON, and so is one whose type is built on it (RFC 6839, 3.1)."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("", JSON) and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Problem(ProblemKind.UNSUPPORTED_MEDIA_TYPE, "Send JSON.", accepts=JSON)


def _with_whole_numbers(sent: Any) -> Any:
    """Make 5.0 an integer, as JSON Schema has it (2020-12, 4.2.3): some clients write all numbers so."""
    if isinstance(sent, float) and sent.is_integer():
        return int(sent)
    if isinstance(sent, dict):
        return {name: _with_whole_numbers(value) for name, value in sent.items()}
    if isinstance(sent, list):
        return [_with_whole_numbers(value) for value in sent]
    return sent


def _invalid(fault: str) -> Problem:
    """The problem for a message of msgspec's: "Expected `int`, got `str` - at `$.max_opens`"."""
    message, _, at = fault.partition(" - at `$")
    named = _NAMED_FIELD.search(message)
    return invalid(at.strip(".`") or (named.group(1) if named else "data"), message)
