"""The JSON body of a request, read as its type says and not a little otherwise."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any, ClassVar

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from listenlink.errors import Problem, ProblemKind, invalid

# Text that every database keeps: PostgreSQL's has no NUL.
TEXT = r"^[^\x00]*$"
_NAMED_FIELD = re.compile(r"field `([^`]+)`")


class StrictBody(AbstractDTO[Any]):
    """How Litestar reads what handlers call `data`.

    Left to itself it would take "5" for 5, a number for a time and "null" for nothing: a track called
    «null» would lose its title.
    """

    _types: ClassVar[dict[str, Any]] = {}

    def decode_bytes(self, value: bytes) -> Any:
        """The body as the handler's type. Raises Problem(BAD_REQUEST) for what isn't JSON, and
        Problem(INVALID) naming the field that is missing, unknown or of another kind."""
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
        """Called once for every handler with a body."""
        cls._types[handler_id] = field_definition.raw

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: SchemaCreator
    ) -> Reference | Schema:
        """The type itself is what the document describes."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(
        cls, model_type: type[Any]
    ) -> Generator[DTOFieldDefinition, None, None]:
        """None: nothing is renamed or left out."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """No: types within types are msgspec's."""
        return False


def _with_whole_numbers(sent: Any) -> Any:
    """5.0 is an integer by JSON Schema (2020-12, 4.2.3), and some clients write every number so."""
    if isinstance(sent, float) and sent.is_integer():
        return int(sent)
    if isinstance(sent, dict):
        return {name: _with_whole_numbers(value) for name, value in sent.items()}
    if isinstance(sent, list):
        return [_with_whole_numbers(value) for value in sent]
    return sent


def _invalid(fault: str) -> Problem:
    """Of msgspec's words: "Expected `int`, got `str` - at `$.max_opens`"."""
    message, _, at = fault.partition(" - at `$")
    named = _NAMED_FIELD.search(message)
    return invalid(at.strip(".`") or (named.group(1) if named else "data"), message)
