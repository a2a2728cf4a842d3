"""Bring the catalogues of the pages up to date with what templates and modules say: `make messages`.

`update_messages.py [FOLDER]`: the folder of `LANGUAGE.po` files, by default the package's own. Entries
come in the order of their messages, without dates and line numbers, so that only what was changed differs.
A new message is empty until somebody translates it; one that nothing says any more goes.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

SOURCES = Path(__file__).parents[1] / "src" / "listenlink" / "web"
METHODS = [("**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
# As `web/pages/page_writer.py` reads templates. A template that can't be read mustn't pass for an empty one.
OPTIONS = {
    "**.html": {
        "extensions": "jinja2.ext.i18n",
        "newstyle_gettext": "true",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
        "silent": "false",
    }
}
KEYWORDS = {**DEFAULT_KEYWORDS, "translate": None}
COMMENT_TAG = "Translators:"
WIDTH = 100
# Written here, for Babel's own has dates and places for people's names.
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


def extract_messages() -> Catalog:
    """All that the pages say, without translations."""
    messages = Catalog()
    found = extract_from_dir(
        SOURCES, METHODS, OPTIONS, KEYWORDS, (COMMENT_TAG,), strip_comment_tags=True
    )
    for name, line, message, comments, context in found:
        messages.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return messages


def update_catalogue(path: Path, messages: Catalog) -> None:
    """Rewrite one `LANGUAGE.po`."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    catalogue.update(messages, no_fuzzy_matching=True)
    entries = io.BytesIO()
    write_po(
        entries,
        catalogue,
        width=WIDTH,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    header = HEADER.format(language=path.stem, plural_forms=catalogue.plural_forms)
    path.write_bytes(header.encode() + entries.getvalue().rstrip() + b"\n")


def main() -> None:
    """Update every catalogue of a folder."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else SOURCES / "pages" / "messages"
    messages = extract_messages()
    for path in sorted(folder.glob("*.po")):
        update_catalogue(path, messages)


if __name__ == "__main__":
    main()
