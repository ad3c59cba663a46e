"""Colour profiles by published numbers, and the colours that they stand for, computed without LittleCMS.

The profiles are ICC version 2: matrix and curve for RGB, a curve for grey, and a table to Lab for CMYK.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

D50 = (0.96422, 1.0, 0.82521)
_D65 = (0.3127, 0.3290)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def _srgb_curve(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def _srgb_encoded(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.0031308, v * 12.92, 1.055 * v.clip(0) ** (1 / 2.4) - 0.055)


@dataclass(frozen=True, kw_only=True)
class Space:
    """An RGB space: its primaries and white (x, y), and its gamma, or None for the curve of sRGB."""

    primaries: tuple[tuple[float, float], ...]
    white: tuple[float, float] = _D65
    gamma: float | None = None

    def linear(self, v: np.ndarray) -> np.ndarray:
        return _srgb_curve(v) if self.gamma is None else np.asarray(v**self.gamma)

    @property
    def matrix(self) -> np.ndarray:
        """From linear RGB to XYZ under D50 (3, 3)."""
        columns = np.array([_xyz(point) for point in self.primaries]).T
        white = np.array(_xyz(self.white))
        adapted = _BRADFORD @ np.array(D50) / (_BRADFORD @ white)
        matrix = columns * np.linalg.solve(columns, white)
        return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(adapted) @ _BRADFORD @ matrix)


SRGB = Space(primaries=((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)))
ADOBE_RGB = Space(primaries=((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), gamma=563 / 256)
DISPLAY_P3 = Space(primaries=((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)))
PROPHOTO = Space(
    primaries=((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), white=(0.34567, 0.35850), gamma=461 / 256
)


def in_srgb(space: Space, colour: Iterable[int]) -> np.ndarray:
    """Return the sRGB colour (0 to 255, clipped) of an 8-bit colour in ``space``."""
    xyz = space.matrix @ space.linear(np.array(list(colour)) / 255)
    return (_srgb_encoded(np.linalg.solve(SRGB.matrix, xyz)) * 255).clip(0, 255)


def grey_in_srgb(gamma: float, value: int) -> float:
    """Return the sRGB grey (0 to 255) of an 8-bit grey with this gamma."""
    return float(_srgb_encoded(np.array((value / 255) ** gamma)) * 255)


def rgb_profile(space: Space) -> bytes:
    curve = _curve(space.gamma)
    tags = {name: _xyz_tag(space.matrix[:, i]) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))}
    return _profile(b"RGB ", b"XYZ ", {**tags, **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)})


def grey_profile(gamma: float) -> bytes:
    return _profile(b"GRAY", b"XYZ ", {b"kTRC": _curve(gamma)})


def cmyk_profile(points: int = 9) -> bytes:
    """A printer whose inks are darker than the plain conversion, as :func:`printed` says."""
    axis = np.linspace(0, 1, points)
    c, m, y, k = np.meshgrid(axis, axis, axis, axis, indexing="ij")
    table = _lab_bytes(_ink(np.stack([c, m, y, k], -1).reshape(-1, 4)))
    line = struct.pack(">2H", 0, 65535)
    lut = b"mft2" + bytes(4) + bytes([4, 3, points, 0])
    lut += struct.pack(">9i", *(65536 if i in (0, 4, 8) else 0 for i in range(9)))
    lut += struct.pack(">2H", 2, 2) + line * 4 + table + line * 3
    return _profile(b"CMYK", b"Lab ", {b"A2B0": lut}, kind=b"prtr")


def printed(inks: Iterable[int]) -> tuple[float, ...]:
    """Return the sRGB colour (0 to 255) of inks (C, M, Y, K), each 0 to 255, on that printer."""
    return tuple(_ink(np.array(list(inks)) / 255) * 255)


def _ink(cmyk: np.ndarray) -> np.ndarray:
    """Return the sRGB colours of inks (…, 4), all in [0, 1]."""
    paper: np.ndarray = (1 - 0.8 * cmyk[..., :3]) * (1 - cmyk[..., 3:])
    return paper


def _lab_bytes(rgb: np.ndarray) -> bytes:
    """Return sRGB colours (n, 3) in [0, 1] as Lab under D50, in 16 bits as ICC version 2 has it."""
    xyz = _srgb_curve(rgb) @ SRGB.matrix.T / np.array(D50)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    lightness, a, b = 116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])
    lab = np.stack([lightness * 2.55, a + 128, b + 128], -1) * 256
    return lab.round().clip(0, 65535).astype(">u2").tobytes()


def _xyz(point: tuple[float, float]) -> tuple[float, float, float]:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _fixed(values: Iterable[float]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz_tag(values: Iterable[float]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _curve(gamma: float | None) -> bytes:
    if gamma is not None:
        return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    table = (_srgb_curve(np.linspace(0, 1, 1024)) * 65535).round().astype(">u2")
    return b"curv" + bytes(4) + struct.pack(">I", len(table)) + table.tobytes()


def _profile(colours: bytes, connection: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr") -> bytes:
    words = b"Faraday test\0"
    text = b"desc" + bytes(4) + struct.pack(">I", len(words)) + words + bytes(78)
    all_tags = {b"desc": text, b"cprt": b"text" + bytes(4) + words, b"wtpt": _xyz_tag(D50), **tags}
    at, index, body = 132 + 12 * len(all_tags), b"", b""
    for name, content in all_tags.items():
        content += bytes(-len(content) % 4)
        index += name + struct.pack(">II", at + len(body), len(content))
        body += content
    header = struct.pack(">I4sI4s4s4s12s4s4s24s", at + len(body), bytes(4), 0x02100000, kind, colours, connection,
                         bytes(12), b"acsp", bytes(4), bytes(24))  # fmt: skip
    header += _fixed(D50)
    header += bytes(128 - len(header))
    return header + struct.pack(">I", len(all_tags)) + index + body
