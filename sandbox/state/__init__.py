"""The whole local Discord in a folder: ``state.json`` and one file per attachment.

Saved: servers, roles, members, channels, threads, messages with their files, reactions, webhooks, commands, the bot's
identity and token, the clock. Not saved, since they end with a session of Discord as well: ephemeral messages,
interactions and their tokens, rate limits, gateway sessions.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from sandbox.records.model import Json
from sandbox.state.reading import restore
from sandbox.state.writing import record, saved_attachments
from sandbox.verbs.world import World

VERSION = 1
_STATE, _FILES = "state.json", "files"


class StateError(Exception):
    """A saved state cannot be loaded; the message says why."""


def exists(folder: Path) -> bool:
    """Return whether a session was saved in this folder."""
    return (folder / _STATE).is_file()


def save(world: World, folder: Path) -> None:
    """Write everything. If this is interrupted, the earlier save is still whole.

    Attachments are written first, each once under its identifier. Then ``state.json`` replaces the old one. Last,
    files that no message lists any more are deleted.
    """
    files = folder / _FILES
    files.mkdir(parents=True, exist_ok=True)
    state = {"version": VERSION, **record(world)}
    listed = {str(attachment.id): attachment for attachment in saved_attachments(world)}
    for name, attachment in listed.items():
        if not (files / name).exists():
            _write(files / name, attachment.bytes)
    _write(folder / _STATE, json.dumps(state).encode())
    for path in files.iterdir():
        if path.name not in listed:
            path.unlink()


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def load(world: World, folder: Path) -> None:
    """Replace everything in ``world`` by the saved state. If that fails, the world is unchanged.

    Raises:
        StateError: nothing was saved there, or it cannot be read.
    """
    state = _read(folder / _STATE)
    try:
        restore(world, state, _reader(folder / _FILES))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StateError(f"{folder / _STATE} is damaged ({error!r}). Delete the folder to begin anew.") from error


def _read(path: Path) -> Json:
    try:
        state: Json = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise StateError(f"Nothing was saved in {path.parent}.") from None
    except (OSError, ValueError) as error:
        raise StateError(f"{path} cannot be read ({error}). Delete the folder to begin anew.") from error
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise StateError(f"{path} was written by another version of the sandbox. Delete the folder to begin anew.")
    return state


def _reader(folder: Path) -> Callable[[int], bytes]:
    def read(attachment_id: int) -> bytes:
        try:
            return (folder / str(attachment_id)).read_bytes()
        except OSError as error:
            raise StateError(f"The file of attachment {attachment_id} cannot be read: {error}") from error

    return read
