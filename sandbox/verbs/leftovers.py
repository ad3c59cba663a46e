"""Forgets what nobody needs any more, so that a session of play can last for days."""

from typing import Any

from sandbox.verbs.interactions import TOKEN_LIFETIME_S
from sandbox.verbs.posts import NONCE_LIFETIME_S
from sandbox.verbs.world import World

TRAFFIC_IN_PLAY = 100  # requests and events to remember where nobody will ask for them; uploads are in them
MOST_FILE_BYTES = 64 * 1024 * 1024  # of files that no message lists: superseded frames, inputs of commands


def forget(world: World) -> None:
    """Forget expired tokens, old traffic, and the oldest files without a message beyond `MOST_FILE_BYTES`."""
    listed = {
        attachment.id
        for channel in world.channels.values()
        for message in channel.messages_by_id.values()
        for attachment in message.files
    }
    world.cdn.forget_all_but(listed, most_bytes=MOST_FILE_BYTES)
    now = world.clock.now()
    expired = [token for token, one in world.interactions.items() if now - one.created > 2 * TOKEN_LIFETIME_S]
    for token in expired:  # until then an expired token gets another error than an unknown one
        del world.interactions[token]
    for key in [key for key, (_, at) in world.nonces.items() if now - at > NONCE_LIFETIME_S]:
        del world.nonces[key]
    for log in (world.requests, world.events):
        _shorten(log, world.traffic_kept)


def _shorten(log: list[Any], kept: int | None) -> None:
    if kept is not None:
        del log[: max(0, len(log) - kept)]
