"""Say what a file really is that was taken for weights: often a web page or a pointer was saved in their place."""

from __future__ import annotations

import re
from pathlib import Path

_POINTER = b"version https://git-lfs.github.com/spec"
_PAGE = re.compile(rb"<(!doctype|html|head|body|\?xml|script|meta|title|div|p|h1|center)[\s>]|<!--", re.IGNORECASE)
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_HEAD = 1024  # bytes that tell


def mistaken(path: Path, *, text: bool = False) -> str | None:
    """Return what the file is and what to do, in two sentences; None if it may be what it was taken for.

    ``text`` says that the file should be a text, such as a yaml. Raises OSError if it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip(b"\x00 \t\r\n"):
        return f"{path.name} is empty. Fetch it again."
    if head[5:9] == b"\x00\x00\x00{":  # the header of a safetensors file, whose length may spell anything
        return None
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[2:].replace(b"\x00", b"")  # UTF-16
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _PAGE.match(plain):
        return f"{path.name} is a web page and not the file that you wanted. Fetch it again, from another address."
    if plain.startswith(_POINTER):
        return f"{path.name} is only a Git LFS pointer. Run `git lfs pull` where it came from, or fetch it again."
    if packed := next((kind for magic, kind in _PACKED.items() if head.startswith(magic)), None):
        return f"{path.name} is packed with {packed}. Unpack it first."
    if text or not _is_text(head):
        return None
    return f"{path.name} is a text and not weights. Fetch it again, or name the file with the weights."


def _is_text(head: bytes) -> bool:
    try:
        words = head.decode("utf-8", errors="strict" if len(head) < _HEAD else "ignore")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\r\n" for character in words)
