"""Files that name others, read by the real children while strace watches: nothing is opened or connected to.

Playlists and the like as they are, and behind the first bytes of what is taken for audio: ten of them, and
all with `LISTENLINK_TEST_FULL=1`. What is traced is each open and each connection once the child has closed
its doors, and before that whatever the file names.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from live.traced import needs_strace
from media.make_audio import make
from trust.figures import FULL, figure

pytestmark = needs_strace

MARK = "another tenant's words"
CHILDREN = {"probe": ["7200"], "tag_child": [], "manifest_child": ["read"]}
# As soon as this has returned, no file can be opened any more.
_CLOSED = re.compile(r"RLIMIT_NOFILE, \{rlim_cur=0, rlim_max=0\}.* = 0$")
_OPENED = re.compile(r"\b(?:open|openat|openat2)\(.*\) = \d+")
_CONNECTED = re.compile(r"\b(?:connect|sendto|sendmsg)\(")
# What is read of audio before anything else, by the name of its kind.
HEADS = {
    "as it is": b"",
    "flac": b"fLaC",
    "wav": b"RIFF\xff\xff\xff\xffWAVE",
    "m4a": b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42",
    "mp3": b"ID3\x03\0\0\0\0\0\x0a" + bytes(10),
    "ogg": b"OggS\0\x02" + bytes(20),
    "webm": b"\x1aE\xdf\xa3",
    "aiff": b"FORM\0\0\xff\xffAIFF",
}


def naming(secret: Path, url: str) -> dict[str, bytes]:
    """Files that lead to others, by what they're called."""
    texts = {
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXTINF:9,\n{url}\n",
        "m3u": f"#EXTM3U\n#EXTINF:9,x\nfile://{secret}\n{url}\n",
        "concat": f"ffconcat version 1.0\nfile '{secret}'\nfile '{url}'\n",
        "subfile": f"ffconcat version 1.0\nfile 'subfile,,start,0,end,64,,:{secret}'\n",
        "dash": f"<?xml version='1.0'?><MPD><BaseURL>{url}</BaseURL></MPD>",
        "sdp": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n",
        "strm": f"{url}\n",
        "pls": f"[playlist]\nFile1={secret}\nFile2={url}\nNumberOfEntries=2\n",
        "xspf": f"<playlist xmlns='http://xspf.org/ns/0/'><track><location>{url}</location></track></playlist>",
        "crypto": f"#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=\"file://{secret}\"\n#EXTINF:9,\ncrypto+{url}\n",
        "redirect": f"RTSPtext\nRTSP://127.0.0.1:9/\n{url}",
    }  # fmt: skip
    return {name: text.encode() for name, text in texts.items()}


def files(secret: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    for name, text in naming(secret, "http://127.0.0.1:9/stolen").items():
        for head, begin in HEADS.items():
            yield f"{name} {head}", begin + text * (1 if not begin else 20)
    # Real audio whose tags name the file, and an MP4 that says where its data is.
    song = make("flac", folder / "song.flac", sample_count=9000).read_bytes()
    yield "flac and a path", song + str(secret).encode()
    boxed = make("m4a_aac", folder / "song.m4a", sample_count=9000).read_bytes()
    entry = b"\0\0\0\x0curl \0\0\0\x01"
    assert entry in boxed
    outside = b"url \0\0\0\0" + str(secret).encode()
    yield "m4a with its data elsewhere", boxed.replace(entry, len(outside).to_bytes(4) + outside)


def trace(child: str, content: bytes, folder: Path) -> tuple[list[str], bytes]:
    """What the child asked of the system, and what it answered."""
    path, told = folder / "content", folder / "calls"
    path.write_bytes(content)
    command = [sys.executable, "-I", "-m", f"listenlink.media.sandbox.{child}", *CHILDREN[child]]
    watched = "trace=open,openat,openat2,connect,sendto,sendmsg,prlimit64,setrlimit"
    watching = ["strace", "-f", "-s", "300", "-o", str(told), "-e", watched]
    with path.open("rb") as file:
        done = subprocess.run(
            [*watching, *command], stdin=file, capture_output=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    return told.read_text(errors="replace").splitlines(), done.stdout


@pytest.mark.timeout(400)
@pytest.mark.parametrize("child", CHILDREN)
def test_a_file_that_names_others_reaches_none(tmp_path: Path, child: str) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(MARK.encode() * 100)
    audio = 0
    for name, content in list(files(secret, tmp_path))[:: 1 if FULL else -9]:
        calls, answer = trace(child, content, tmp_path)
        closed = next(place for place, line in enumerate(calls) if _CLOSED.search(line))
        opened = [line for line in calls[closed:] if _OPENED.search(line)]
        opened += [line for line in calls if secret.name in line]
        connected = [line for line in calls if _CONNECTED.search(line)]
        is_audio = b'"sample_count"' in answer and name != "flac and a path"
        audio += is_audio
        figure("hostile files", 1)
        figure("opened once the doors were closed", len(opened))
        figure("connected to something", len(connected))
        figure("taken for audio", int(is_audio))
        assert (opened, connected) == ([], []), name
        assert MARK.encode() not in answer
    assert audio == 0
