"""Hours of silence in less than a megabyte: FLAC that costs its sender nothing, and whoever decodes it a lot.

RFC 9639, section 9: each frame has one constant subframe for each channel, so a few bytes say 65,535
samples.
"""

from __future__ import annotations

from pathlib import Path

_BLOCK_SAMPLES = 65_535
_RATE_CODES = {192_000: 0b0011, 44_100: 0b1001, 48_000: 0b1010, 96_000: 0b1011}


def _table(polynomial: int, bits: int) -> list[int]:
    table = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> (bits - 1) else 0)
            value &= (1 << bits) - 1
        table.append(value)
    return table


_CRC8, _CRC16 = _table(0x07, 8), _table(0x8005, 16)


def _crc8(data: bytes) -> bytes:
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return bytes([value])


def _crc16(data: bytes) -> bytes:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CRC16[value >> 8 ^ byte]
    return value.to_bytes(2)


def _coded(number: int) -> bytes:
    """A frame's number, coded as characters are in UTF-8, of up to 36 bits."""
    return number.to_bytes() if number < 0x80 else chr(number).encode("utf-8", "surrogatepass")


def make_silent_flac(
    path: Path,
    seconds: float,
    channels: int = 8,
    rate: int = 192_000,
    block_samples: int = _BLOCK_SAMPLES,
) -> Path:
    """Write so many seconds of silence in 16 bits."""
    total = round(seconds * rate)
    info = (
        block_samples.to_bytes(2) * 2
        + bytes(6)
        + (rate << 44 | (channels - 1) << 41 | 15 << 36 | total).to_bytes(8)
        + bytes(16)
    )
    parts = [b"fLaC\x80\x00\x00\x22", info]
    silence = b"\0\0\0" * channels
    code = bytes([0x70 | _RATE_CODES[rate], (channels - 1) << 4 | 0b100 << 1])
    for number in range(-(-total // block_samples)):
        samples = min(block_samples, total - number * block_samples)
        header = b"\xff\xf8" + code + _coded(number) + (samples - 1).to_bytes(2)
        frame = header + _crc8(header) + silence
        parts += [frame, _crc16(frame)]
    path.write_bytes(b"".join(parts))
    return path
