"""What a server is made of, in CycloneDX 1.6: all that `requirements.lock` installs here, and each licence.

`python scripts/write_sbom.py FILE`, or `make sbom`. Names, versions and digests are the lock file's, licences
what the installed packages say of themselves; equal input gives equal bytes. `--licences` writes
`docs/licences.md` instead.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
LICENCES = ROOT / "docs" / "licences.md"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# What packages write where an SPDX expression would stand.
_SPELLINGS = {
    "MIT License": "MIT", "ISC License": "ISC", "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC", "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "BSD License": "BSD-3-Clause",
}  # fmt: skip
# Those of which their metadata says several without saying how, or less than their licence file.
_BY_THEIR_FILES = {
    "fido2": "BSD-2-Clause AND MPL-2.0 AND Apache-2.0",
    "segno": "BSD-3-Clause",
    "uvloop": "MIT OR Apache-2.0",
}


@dataclass(frozen=True)
class Part:
    """An installed package: its licence is an SPDX expression, its digests are SHA-256 of its files."""

    name: str
    version: str
    licence: str
    digests: tuple[str, ...]


def read_parts() -> list[Part]:
    """All that the lock file installs on this machine, by name."""
    return sorted(_read(LOCK.read_text()), key=lambda part: part.name)


def _read(lock: str) -> Iterator[Part]:
    for block in re.split(r"\n(?=\S)", lock.replace(" \\\n", "\n")):
        line, *hashes = block.strip().splitlines()
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate():
            (pinned,) = wanted.specifier
            digests = tuple(sorted(_HASH.findall("\n".join(hashes))))
            yield Part(wanted.name, pinned.version, find_licence(wanted.name), digests)


def find_licence(name: str) -> str:
    """The licence of an installed package, as an SPDX expression. Raises LookupError if it doesn't say."""
    if name in _BY_THEIR_FILES:
        return _BY_THEIR_FILES[name]
    told: dict[str, Any] = distribution(name).metadata.json
    if told.get("license_expression"):
        return str(told["license_expression"])
    first = told.get("license", "").partition("\n")[0].strip()
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get("classifier", [])
        if line.startswith("License :: ")
    ]
    for one in (first, *classified):
        if one in _SPELLINGS or re.fullmatch("[A-Za-z0-9.-]+( (OR|AND) [A-Za-z0-9.-]+)*", one):
            return str(_SPELLINGS.get(one, one))
    raise LookupError(f"{name} doesn't say its licence: add it to _BY_THEIR_FILES")


def write_bom(parts: list[Part]) -> str:
    """The document."""
    whole = Component(
        name="listenlink", type=ComponentType.APPLICATION, bom_ref="listenlink",
        version=distribution("listenlink").version, licenses=[LicenseExpression("Apache-2.0")],
    )  # fmt: skip
    made = [_component(part) for part in parts]
    bom = Bom(components=made, serial_number=uuid.uuid5(uuid.NAMESPACE_URL, LOCK.read_text()))
    bom.metadata.component = whole
    bom.register_dependency(whole, made)
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    del written["metadata"]["timestamp"]
    return json.dumps(written, indent=2) + "\n"


def _component(part: Part) -> Component:
    return Component(
        name=part.name, version=part.version, type=ComponentType.LIBRARY,
        bom_ref=f"{part.name}=={part.version}", licenses=[LicenseExpression(part.licence)],
        purl=PackageURL("pypi", name=part.name, version=part.version),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in part.digests],
    )  # fmt: skip


def write_licences(parts: list[Part]) -> str:
    """The page."""
    rows = [f"| {part.name} | {part.licence} |" for part in parts]
    return "\n".join([_HEAD, "| package | licence |", "|---|---|", *rows, ""])


_HEAD = """# Licences of what a server installs

Written by `make sbom`, of what the installed packages say of themselves. The light client installs `anyio`,
`certifi`, `h11`, `httpcore`, `httpx`, `idna`, `msgspec` and `typing-extensions` of these. Wheels carry other
people's libraries:

- that of `av` has FFmpeg, built under LGPL-3.0-or-later, and beside it x264 and x265, which are
  GPL-2.0-or-later and encode video, of which there is none here. Whoever passes the wheel on, as in a
  container's image, passes these on, too;
- that of `numpy` has OpenBLAS (BSD-3-Clause) and GCC's runtime (GPL-3.0-or-later WITH GCC-exception-3.1);
- that of `pillow` has libjpeg-turbo, libpng, libtiff, libwebp, FreeType and others, all permissive;
- `fontpkg-noto-sans` is a font under OFL-1.1, which preview pictures are drawn with.

The extra `c2pa` adds `c2pa-python` (MIT OR Apache-2.0), whose wheel has the CAI's library in Rust with what
that is made of, and what it asks for: `requests` (Apache-2.0) with `charset-normalizer` (MIT) and `urllib3`
(MIT), and `toml` (MIT). None of these is loaded but the library.
"""


def main() -> None:
    """Write what is asked for."""
    parts = read_parts()
    if sys.argv[1:] == ["--licences"]:
        LICENCES.write_text(write_licences(parts))
        return
    (target,) = map(Path, sys.argv[1:])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(write_bom(parts))
    print(f"{len(parts)} packages are in {target}")


if __name__ == "__main__":
    main()
