"""Tables as CSV (RFC 4180): UTF-8, a row of headings, and nothing that a spreadsheet takes for a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from listenlink.media.attachment import content_disposition
from listenlink.model.spreadsheet import harmless, write_csv

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
# Of a route that answers with one.
RESPONSES = {
    200: partial(ResponseSpec, generate_examples=False)(
        str, description="The table, with a row of headings.", media_type="text/csv"
    )
}

Cell = str | int | datetime | date | None


def answer_table(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Response[bytes]:
    """The table, to be saved as `NAME.csv`. Times are UTC (RFC 3339), what there is none of is empty."""
    table = write_csv(headings, ([_written(cell) for cell in row] for row in rows))
    headers = {"content-disposition": content_disposition(f"{name}.csv")}
    return Response(table.encode(), media_type=MEDIA_TYPE, headers=headers)


def _written(cell: Cell) -> str:
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    return "" if cell is None else str(cell)
