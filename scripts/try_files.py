"""Try other people's audio: upload every file of a folder to a server of its own, and see what comes of each.

    try_files.py FOLDER [--out FILE] [--against FILE] [--program LISTENLINK]

For each file it prints one line: accepted, or refused with the reason; the length against the samples that
FFmpeg decodes; whether Chromium plays what the server sends, and the file as it is, from the beginning and
near the end; the title against mutagen's, if that is installed. Then the figures.

`--out` keeps the results as JSON. `--against` compares with those of another version, tried by `--program`:
nothing that was accepted and heard may be refused or fall silent. The exit code is 1 if something did, if
something accepted isn't heard, or if the server failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

PLAYS = "plays"
_CLOSE_SECONDS = 0.001
_WAIT_SECONDS = 300
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Sounding is told by the time going on, which it doesn't before something was decoded.
_PLAY = """url => new Promise((resolve) => {
  const audio = new Audio();
  let begun = "";
  audio.muted = true;
  audio.onerror = () => resolve(begun + (audio.error.message || "error " + audio.error.code));
  audio.onended = () => resolve("plays");
  audio.ontimeupdate = () => {
    if (begun || audio.currentTime < 0.02) return;
    begun = "plays, but ";
    if (audio.duration > 1 && audio.duration < Infinity) audio.currentTime = audio.duration - 0.3;
    else { audio.pause(); resolve("plays"); }
  };
  setTimeout(() => { audio.removeAttribute("src"); resolve(begun + "nothing is heard"); }, 10000);
  audio.src = url ?? URL.createObjectURL(document.querySelector("input").files[0]);
  audio.play().catch(() => {});
})"""


@dataclass
class Outcome:
    """What came of one file. `verdict` is `accepted`, a reason, or what the server failed with."""

    name: str
    verdict: str = ""
    seconds: float | None = None
    decoded_seconds: float | None = None
    served: str = ""
    as_it_is: str = ""
    title: str = ""
    mutagen_title: str | None = None
    track_id: str = ""
    notes: str = ""

    @property
    def is_heard(self) -> bool:
        """Whether it was accepted and what the server sends is played."""
        return self.verdict == "accepted" and self.served.startswith(PLAYS)

    def line(self) -> str:
        """The outcome as it's printed."""
        parts = [self.verdict]
        if self.seconds is not None:
            other = "?" if self.decoded_seconds is None else f"{self.decoded_seconds:.3f}"
            parts.append(f"{self.seconds:.3f} s, FFmpeg {other}")
        parts += [f"served: {self.served}"] * bool(self.served) + [f"as it is: {self.as_it_is}"]
        if self.title or self.mutagen_title:
            parts.append(f"title {self.title!r}, mutagen {self.mutagen_title!r}")
        parts += [self.notes] * bool(self.notes)
        return f"{self.name}: " + "; ".join(parts)


@contextmanager
def running_server(program: str, data: Path) -> Iterator[httpx.Client]:
    """A new instance, served on loopback; the client speaks for its owner."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LISTENLINK_")}
    command = [*program.split(), "init", "--data", str(data), "--json"]
    told = subprocess.run(command, env=kept, capture_output=True, check=True)  # noqa: S603
    made = json.loads(told.stdout)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*program.split(), "serve", "--data", str(data), "--port", str(port)]
    with (data / "try.log").open("w") as log:
        server = subprocess.Popen(  # noqa: S603
            command, env=kept, stdout=log, stderr=log, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                if httpx.get(url + "/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        headers = {"X-API-Key": made["api_key"]}
        base = f"{url}/v1/music/{made['organization_id']}"
        with httpx.Client(base_url=base, headers=headers, timeout=_WAIT_SECONDS) as owner:
            yield owner
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(30)


def upload(owner: httpx.Client, path: Path, outcome: Outcome) -> None:
    """Send one file under a name that gives no title."""
    with path.open("rb") as file:
        answer = owner.post(
            "/tracks", data={"engine": "studio"}, files={"file": ("untitled.bin", file)}
        )
    told = answer.json()
    if answer.status_code != 201:
        reason = told.get("error", {}).get("details", {}).get("reason")
        outcome.verdict = reason or f"status {answer.status_code}"
        return
    outcome.verdict, outcome.track_id = "accepted", told["id"]
    outcome.seconds = told["measured_duration_seconds"]
    outcome.title = "" if told["title"].startswith("untitled") else told["title"]
    outcome.notes = "shorter than its header says" if told.get("is_shorter_than_declared") else ""


def decoded_facts(path: str) -> tuple[float | None, str | None]:
    """In a process of its own: the seconds that FFmpeg decodes, and mutagen's title."""
    import av

    seconds, title = None, None
    try:
        with av.open(path, metadata_errors="ignore") as container:
            frames = container.decode(audio=0)
            seconds = sum(frame.samples / frame.sample_rate for frame in frames)
    except (av.FFmpegError, IndexError, UnicodeError):
        pass
    if find_spec("mutagen"):
        import mutagen

        try:
            found = mutagen.File(path, easy=True)
            told = found.get("title") if found is not None and found.tags is not None else None
            title = str(told[0]).strip() or None if told else None
        except Exception:  # Whatever mutagen doesn't read has no title.
            title = None
    return seconds, title


def add_facts(outcomes: list[Outcome], folder: Path) -> None:
    """What others say of the files; one that ends its process is passed over."""
    pool = ProcessPoolExecutor(1)
    for outcome in outcomes:
        try:
            told = pool.submit(decoded_facts, str(folder / outcome.name)).result(_WAIT_SECONDS)
            outcome.decoded_seconds, outcome.mutagen_title = told
        except (BrokenProcessPool, TimeoutError):
            pool = ProcessPoolExecutor(1)
    pool.shutdown()


def add_playing(outcomes: list[Outcome], folder: Path, owner: httpx.Client) -> None:
    """Play each in Chromium: what the server sends, and the file as it is."""
    executable = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if executable is None:
        print("Chromium isn't installed, so nothing is played.")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_content("<input type=file>")
        for outcome in outcomes:
            if outcome.track_id:
                outcome.served = page.evaluate(_PLAY, playback_url(owner, outcome.track_id))
            outcome.as_it_is = _play_as_it_is(page, folder / outcome.name)
            print(outcome.line(), flush=True)
        browser.close()


def _play_as_it_is(page: Page, path: Path) -> str:
    try:
        page.set_input_files("input", path)
        return str(page.evaluate(_PLAY, None))
    except Exception as error:  # A file above Playwright's limit is none of ours.
        return type(error).__name__


def playback_url(owner: httpx.Client, track_id: str) -> str:
    """The address of what listeners hear, once everything is made of the audio."""
    for _ in range(_WAIT_SECONDS * 10):
        if owner.get(f"/tracks/{track_id}/sound").raise_for_status().json()["is_made"]:
            break
        time.sleep(0.1)
    return str(owner.get(f"/tracks/{track_id}").raise_for_status().json()["playback_url"])


def report(outcomes: list[Outcome], earlier: list[Outcome]) -> bool:
    """Print the figures; whether all is well."""
    accepted = [each for each in outcomes if each.verdict == "accepted"]
    refused = [each for each in outcomes if each.verdict != "accepted"]
    silent = [each for each in accepted if each.served not in (PLAYS, "")]
    failed = [each for each in refused if each.verdict.startswith("status 5")]
    measured = [each for each in accepted if each.decoded_seconds is not None]
    apart = [each for each in measured if _apart(each) > _CLOSE_SECONDS]
    titled = [each for each in accepted if each.mutagen_title]
    other = [each for each in titled if each.title != each.mutagen_title]
    now = {each.name: each for each in outcomes}
    lost = [e for e in earlier if e.is_heard and e.name in now and not now[e.name].is_heard]
    won = [e for e in earlier if not e.is_heard and e.name in now and now[e.name].is_heard]
    print(f"\n{len(outcomes)} files: {len(accepted)} accepted, {len(refused)} refused")
    print("Refused:", dict(Counter(each.verdict for each in refused)))
    _list("Refused, and Chromium plays it", [e for e in refused if e.as_it_is == PLAYS])
    _list("Accepted, and Chromium doesn't play it", silent)
    _list(f"Length other than FFmpeg's by more than a millisecond, of {len(measured)}", apart)
    _list(f"Title other than mutagen's, of {len(titled)}", other)
    _list("Shorter than its header says", [each for each in accepted if each.notes])
    if earlier:
        _list("Heard now, and not before", won)
        _list("Heard before, and not now", lost)
    _list("The server failed", failed)
    return not (silent or failed or lost)


def _apart(outcome: Outcome) -> float:
    return abs((outcome.seconds or 0) - (outcome.decoded_seconds or 0))


def _list(what: str, found: list[Outcome]) -> None:
    print(f"{what}: {len(found)}")
    for outcome in found:
        print("   ", outcome.line())


def main() -> int:
    """Try what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--program", default=f"{sys.executable} -m listenlink")
    asked = parser.parse_args()
    paths = sorted(path for path in asked.folder.rglob("*") if path.is_file())
    outcomes = [Outcome(str(path.relative_to(asked.folder))) for path in paths]
    if not find_spec("mutagen"):
        print("mutagen isn't installed, so titles aren't compared.")
    data = Path(tempfile.mkdtemp(prefix="listenlink-try-")) / "data"
    try:
        with running_server(asked.program, data) as owner:
            for path, outcome in zip(paths, outcomes, strict=True):
                upload(owner, path, outcome)
            add_facts(outcomes, asked.folder)
            add_playing(outcomes, asked.folder, owner)
    finally:
        shutil.rmtree(data.parent)
    earlier: list[Any] = json.loads(asked.against.read_text()) if asked.against else []
    if asked.out:
        asked.out.write_text(json.dumps([asdict(each) for each in outcomes], indent=1))
    return 0 if report(outcomes, [Outcome(**each) for each in earlier]) else 1


if __name__ == "__main__":
    raise SystemExit(main())
