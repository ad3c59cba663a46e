"""Files that were given to the page and wait for the message or command that they belong to."""

import secrets
from collections import OrderedDict

from sandbox.records.parts import File

_MOST_FILES = 64
_MOST_BYTES = 256 * 1024 * 1024


class Uploads:
    """Keeps the newest uploads; a file may be used again, as when a command was refused the first time."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, File] = OrderedDict()

    def keep(self, file: File) -> str:
        """Store a file and return its key."""
        key = secrets.token_urlsafe(12)
        self._files[key] = file
        while len(self._files) > 1 and (len(self._files) > _MOST_FILES or self._bytes() > _MOST_BYTES):
            self._files.popitem(last=False)
        return key

    def _bytes(self) -> int:
        return sum(len(file.content) for file in self._files.values())

    def get(self, key: str) -> File:
        """Raises KeyError when there is none of that key, or no longer."""
        return self._files[key]
