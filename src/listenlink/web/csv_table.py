"""Tables as CSV (RFC 4180): UTF-8, a row of headings, and nothing that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial

from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from listenlink.media.attachment import content_disposition

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
# Of a route that answers with one.
RESPONSES = {
    200: partial(ResponseSpec, generate_examples=False)(
        str, description="The table, with a row of headings.", media_type="text/csv"
    )
}
# What a spreadsheet would calculate, or leave out on the way to such.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int | datetime | date | None


def answer_table(
    name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Response[bytes]:
    """The table, to be saved as `NAME.csv`. Times are UTC (RFC 3339), what there is none of is empty."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    headers = {"content-disposition": content_disposition(f"{name}.csv")}
    return Response(table.getvalue().encode(), media_type=MEDIA_TYPE, headers=headers)


def _written(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    return "" if cell is None else str(cell)
