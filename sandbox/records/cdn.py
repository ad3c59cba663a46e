"""Keeps attachments and signs links to them that expire, as cdn.discordapp.com does."""

import hashlib
import hmac
import io
import mimetypes
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import quote

from aiohttp import web
from PIL import Image

from sandbox.records.clock import Clock
from sandbox.records.parts import Attachment, File

HOST = "cdn.discordapp.com"
PROXY_HOST = "media.discordapp.net"
LINK_LIFETIME_S = 24 * 3600


class Cdn:
    """Keep uploads, and serve them to requests with a fresh link."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.secret = secrets.token_bytes(32)
        self._attachments: dict[str, Attachment] = {}

    def replace(self, secret: bytes, attachments: Iterable[Attachment]) -> None:
        """Serve only these attachments. Links signed with this secret are valid."""
        self.secret = secret
        self._attachments = {_path(attachment): attachment for attachment in attachments}

    def store(self, file: File, *, id: int, channel_id: int, ephemeral: bool = False) -> Attachment:
        guessed, _ = mimetypes.guess_type(file.filename)
        attachment = Attachment(
            id=id,
            channel_id=channel_id,
            filename=safe_name(file.filename),
            bytes=file.content,
            content_type=guessed or file.content_type or "application/octet-stream",
            description=file.description,
            size=picture_size(file.content),
            ephemeral=ephemeral,
        )
        self._attachments[_path(attachment)] = attachment
        return attachment

    def url(self, attachment: Attachment, host: str = HOST) -> str:
        """Return a link that works for a day from now."""
        issued = int(self._clock.now())
        expires = issued + LINK_LIFETIME_S
        path = _path(attachment)
        signature = self._sign(path, f"{expires:x}", f"{issued:x}")
        return f"https://{host}{quote(path)}?ex={expires:x}&is={issued:x}&hm={signature}&"

    def forget_all_but(self, listed: Collection[int], *, most_bytes: int) -> None:
        """Forget the oldest attachments that are not ``listed`` by id, until those have at most so many bytes."""
        total = 0
        for path, attachment in reversed(list(self._attachments.items())):
            if attachment.id not in listed:
                total += len(attachment.bytes)
                if total > most_bytes:
                    del self._attachments[path]

    @staticmethod
    def path(attachment: Attachment) -> str:
        """Return the attachment's path, which never changes."""
        return _path(attachment)

    def find(self, path: str) -> Attachment | None:
        """Return the attachment at a path, without checking a link."""
        return self._attachments.get(path)

    async def serve(self, request: web.Request) -> web.Response:
        attachment = self._attachments.get(request.path)
        if attachment is None or not self._valid(request.path, request.query):
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=attachment.bytes, content_type=attachment.content_type or "")

    def _valid(self, path: str, query: Mapping[str, str]) -> bool:
        expires, issued, signature = (query.get(key, "") for key in ("ex", "is", "hm"))
        if not hmac.compare_digest(signature, self._sign(path, expires, issued)):
            return False
        return self._clock.now() < int(expires, 16)  # the signature is ours, so this is a number

    def _sign(self, path: str, expires: str, issued: str) -> str:
        return hmac.new(self.secret, f"{path}?{expires}&{issued}".encode(), hashlib.sha256).hexdigest()


def _path(attachment: Attachment) -> str:
    folder = "ephemeral-attachments" if attachment.ephemeral else "attachments"
    return f"/{folder}/{attachment.channel_id}/{attachment.id}/{attachment.filename}"


def safe_name(filename: str) -> str:
    """Return the name that Discord gives an upload: no folders, no blanks, no special characters."""
    base = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return re.sub(r"[^\w.\-]", "", re.sub(r"\s", "_", base)) or "unknown"


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a PNG, GIF, WebP or JPEG, else None. Reads the header only."""
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "GIF", "WEBP", "JPEG")) as image:
            return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None  # no picture, or cut off within the header
