"""Reads a request's JSON and files, and refuses malformed ones."""

import json
import math
import re
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.records.errors import invalid_form, invalid_json
from sandbox.records.model import Json
from sandbox.records.parts import File

Uploads = dict[int, File]  # by the number in their part's name

_MAX_DEPTH = 60  # deeper than anything Discord takes, and far from what would overflow the stack
_MAX_PARTS = 30


async def read(request: web.Request) -> tuple[Any, Uploads]:
    """Return the body and the uploads. Raises error 50109 for wrong JSON and 50035 for a wrong multipart form."""
    if request.content_type == "multipart/form-data":
        try:
            return await _read_multipart(request)
        except (ValueError, AssertionError, RuntimeError) as error:  # aiohttp has no error of its own for these
            raise invalid_form("_form", "MULTIPART_INVALID", "The multipart body cannot be read.") from error
    raw = await request.read()
    return (parsed(raw) if raw else None), {}


def parsed(raw: bytes) -> Any:
    """Parse JSON. Raises error 50109, also for NaN, a number beyond floats and nesting deeper than `_MAX_DEPTH`."""
    try:
        body = json.loads(raw, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        raise invalid_json() from None
    if _deeper_than(body, _MAX_DEPTH):
        raise invalid_json()
    return body


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _deeper_than(body: Any, limit: int) -> bool:
    level = [body]
    for _ in range(limit):
        level = [
            part
            for whole in level
            if isinstance(whole, dict | list)
            for part in (whole.values() if isinstance(whole, dict) else whole)
        ]
        if not level:
            return False
    return True


async def _read_multipart(request: web.Request) -> tuple[Any, Uploads]:
    body: Any = {}
    files: dict[int, File] = {}
    count = 0
    async for part in await request.multipart():
        count += 1
        if not isinstance(part, BodyPartReader) or count > _MAX_PARTS:
            raise ValueError("nested or endless multipart")
        content = bytes(await part.read(decode=False))
        name = part.name or ""
        if name == "payload_json":
            body = parsed(content)
        elif number := re.fullmatch(r"files?\[?([0-9]{1,9})\]?", name):
            files[int(number[1])] = File(part.filename or "unknown", content, part.headers.get("Content-Type"))
    return body, files


def described(fields: Any, files: Uploads) -> tuple[File, ...]:
    """Return the uploads in order, with the names and alt texts that the ``attachments`` of a body give them."""
    listed: list[Json] = []
    for part in (fields, fields.get("data"), fields.get("message")) if isinstance(fields, dict) else ():
        listed = listed or (part or {}).get("attachments") or []
    about = {str(one["id"]): one for one in listed}
    return tuple(_renamed(file, about.get(str(number), {})) for number, file in sorted(files.items()))


def _renamed(file: File, about: Json) -> File:
    return File(about.get("filename") or file.filename, file.content, file.content_type, about.get("description"))
