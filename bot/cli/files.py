"""The files that a command reads and writes: their names, and what is refused before anything is painted."""

import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from bot.errors import BadSetting
from bot.jobs.files import write_atomically
from engine.messages import Spec

_LONGEST_SLUG = 60  # bytes in UTF-8 of the words in a file name
_USUAL_LIMIT = 255  # bytes of a file name, where the system does not say


def write(path: Path, content: bytes) -> None:
    """Write a file wholly or not at all, through a link and with the permissions that the umask leaves."""
    write_atomically(path.resolve(), content, _usual_mode())


def _usual_mode() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def picture_name(spec: Spec) -> str:
    """Return a file name made of the prompt and the seed."""
    return f"{slug(spec.prompt) or 'picture'}-{spec.seed}.png"


def slug(text: str) -> str:
    """Return the words of ``text`` for use in a file name."""
    words = "-".join(re.findall(r"\w+", text.lower())).encode()
    return words[:_LONGEST_SLUG].decode(errors="ignore").strip("-")


def check_out(out: Path | None) -> Path | None:
    """Return ``out`` if it is a folder. Raises :class:`BadSetting` if no PNG can be written there."""
    if out is None:
        return None
    _check_name(out)
    if out.is_dir():
        _check_folder(out, out)
        return out
    if out.suffix.lower() != ".png":
        raise BadSetting(f"I write PNG. Name the picture {out.with_suffix('.png').name}.")
    check_file(out)
    return None


def check_file(path: Path) -> None:
    """Raise :class:`BadSetting` if no file of that name can be written."""
    _check_name(path)
    if path.is_dir():
        raise BadSetting(f"{path} is a folder. Name a file in it.")
    _check_folder(path.absolute().parent, path)


def check_apart(reads: Iterable[Path], writes: Iterable[Path]) -> None:
    """Raise :class:`BadSetting` if a file to write is one to read, or two files to write are one."""
    taken: set[object] = {name for path in reads for name in _identities(path)}
    for path in writes:
        if not taken.isdisjoint(names := _identities(path)):
            raise BadSetting(f"{path} is named twice, and one file would overwrite the other. Name two files.")
        taken |= names


def same(one: Path, other: Path) -> bool:
    """Tell whether two paths lead to one file, here or on a system that ignores case."""
    return not _identities(one).isdisjoint(_identities(other))


def _identities(path: Path) -> set[object]:
    """Return what two paths of one file have in common: the place after all links, or the file itself."""
    found: set[object] = {unicodedata.normalize("NFC", str(path.resolve())).casefold()}
    try:
        status = path.stat()
    except OSError:
        return found
    return found | {(status.st_dev, status.st_ino)}


def _check_name(path: Path) -> None:
    folder = path.absolute().parent
    most = os.pathconf(folder, "PC_NAME_MAX") if os.name == "posix" and folder.is_dir() else _USUAL_LIMIT
    if len(path.name.encode()) > most:
        raise BadSetting(f"The name {path.name[:30]}… is too long. Choose one of at most {most} bytes.")


def _check_folder(folder: Path, path: Path) -> None:
    if not folder.is_dir():
        raise BadSetting(f"The folder {folder} does not exist. Make it, or write {path.name} somewhere else.")
    if not os.access(folder, os.W_OK):
        raise BadSetting(f"I may not write into {folder}. Write {path.name} somewhere else.")
