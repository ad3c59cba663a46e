"""Traffic checked against Discord's own OpenAPI and gateway schemas.

Needs ``jsonschema`` (an extra for development) and the published schema files; the sandbox runs without both.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sandbox.records.model import Json
from sandbox.records.traffic import GatewayEvent, HttpRequest, Op

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

ENVIRONMENT = "FARADAY_DISCORD_SCHEMAS"
MISSING = (
    "Discord's schema files are not here. Get openapi.json from https://github.com/discord/discord-api-spec, put it "
    "beside gateway-receive.schema.json and gateway-send.schema.json (see CONTRIBUTING.md), and name their folder in "
    f"{ENVIRONMENT}."
)
_BESIDE_REPOSITORY = Path(__file__).parents[3] / "shared" / "discord"
# discord.py sends snowflakes as integers, which Discord takes although its schemas say strings.
_LOOSE_SNOWFLAKE: Json = {"type": ["string", "integer"], "pattern": "^(0|[1-9][0-9]*)$"}
# The codes of field errors are words (BASE_TYPE_MAX_LENGTH), as Discord's reference shows; the schema says integer.
_FIELD_ERROR: Json = {"type": "object", "properties": {"code": {"type": "string"}, "message": {"type": "string"}}}
_FIELD_ERRORS: Json = {
    "type": "object",
    "properties": {"_errors": {"type": "array", "items": _FIELD_ERROR | {"required": ["code", "message"]}}},
    "required": ["_errors"],
    "additionalProperties": False,
}
_LOOSE_BITS: Json = {"anyOf": [_LOOSE_SNOWFLAKE, {"type": "null"}]}  # permissions, which discord.py sends as text
_BITS_IN_REQUESTS = (
    "components schemas CreateRoleRequest properties permissions",
    "components schemas UpdateRoleRequestPartial properties permissions",
    *(
        "paths /channels/{channel_id}/permissions/{overwrite_id} put requestBody content application/json schema "
        f"properties {name}"
        for name in ("allow", "deny")
    ),
)
# Media channels: discord.py asks for them wherever it asks for forums, and Discord has them; the schemas do not yet.
_MEDIA_CHANNELS: Json = {"title": "GUILD_MEDIA", "const": 16}
# discord.py sends these where the schemas do not name them: with every multipart body, and with every overwrite.
_HARMLESS_KEYS = ("tts", "id")
_HARMLESS_QUERY = {"use_nested_fields"}  # with every post of a forum


def directory() -> Path | None:
    """Return the folder of the schema files, from the environment or beside the repository, or None."""
    path = Path(os.environ.get(ENVIRONMENT, _BESIDE_REPOSITORY))
    return path if (path / "openapi.json").is_file() else None


class Schemas:
    """Validators for requests, answers and gateway payloads, compiled when first needed."""

    def __init__(self, folder: Path) -> None:
        self._openapi = _with_references(_with_media_channels(_read(folder / "openapi.json")))
        receive = _with_snapshots(_with_combined_flags(_read(folder / "gateway-receive.schema.json")))
        send = _read(folder / "gateway-send.schema.json")
        self._documents: dict[str, Json] = {
            "answers": _with(self._openapi, _FIELD_ERRORS, "components", "schemas", "InnerErrors"),
            "requests": _for_requests(self._openapi),
            "events": receive,
            "commands": _with(send, _LOOSE_SNOWFLAKE, "definitions", "Snowflake"),
        }
        self._dispatches = _by_constant(receive, "t")
        self._from_discord = _by_constant(receive, "op")
        self._to_discord = _by_constant(send, "op")
        self._validators: dict[tuple[str, str], Validator] = {}

    def problems(self, requests: Iterable[HttpRequest] = (), events: Iterable[GatewayEvent] = ()) -> list[str]:
        """Return one sentence for each thing in this traffic that the schemas do not allow."""
        found = [problem for request in requests for problem in self.request_problems(request)]
        return found + [problem for event in events for problem in self.event_problems(event)]

    def request_problems(self, request: HttpRequest) -> list[str]:
        """Return what is wrong with a request of the bot, and with the sandbox's answer to it."""
        operation = self._openapi["paths"].get(request.route, {}).get(request.method.lower())
        name = f"{request.method} {request.path}"
        if operation is None:
            return [f"{name}: Discord has no such operation"]
        place = f"/paths/{_token(request.route)}/{request.method.lower()}"
        problems = [f"{name}: unknown query parameter {key}" for key in _unknown_query(operation, request)]
        refused = request.status in (400, 413)  # such a body was wrong anyway
        if request.body is not None and "requestBody" not in operation:
            problems.append(f"{name}: a body where there should be none")
        elif request.body is not None and not refused:
            kind = "multipart/form-data" if request.multipart else "application/json"
            pointer = f"{place}/requestBody/content/{_token(kind)}/schema"
            problems += [
                f"{name}: body {text}" for text in self._errors("requests", pointer, request.body, closed=True)
            ]
        return problems + self.answer_problems(request)

    def answer_problems(self, request: HttpRequest) -> list[str]:
        """Return what is wrong with the answer to a request of a known operation. Ordered failures are not checked."""
        operation: Json = self._openapi["paths"][request.route][request.method.lower()]
        place = f"/paths/{_token(request.route)}/{request.method.lower()}"
        found = self._answer_errors(place, operation, request) if request.status < 500 else []
        return [f"{request.method} {request.path} -> {request.status}: {text}" for text in found]

    def _answer_errors(self, place: str, operation: Json, request: HttpRequest) -> list[str]:
        responses: Json = operation["responses"]
        key = str(request.status)
        if key not in responses:
            key = f"{key[0]}XX"
        if key not in responses:
            return [f"a status the operation does not have: {sorted(responses)}"]
        pointer = f"{place}/responses/{key}"
        response: Json = responses[key]
        if "$ref" in response:
            pointer = response["$ref"].removeprefix("#")
            response = self._openapi["components"]["responses"][pointer.rsplit("/", 1)[-1]]
        if "content" not in response:
            return [] if request.answer is None else ["a body where there should be none"]
        return self._errors("answers", f"{pointer}/content/application~1json/schema", request.answer)

    def event_problems(self, event: GatewayEvent) -> list[str]:
        """Return what is wrong with one payload on the gateway."""
        payload = event.payload
        if not event.sent:
            definition = self._to_discord.get(payload.get("op"))
            return self._event_errors("commands", definition, payload, f"gateway op {payload.get('op')} from the bot")
        if payload["op"] != Op.DISPATCH:
            definition = self._from_discord.get(payload["op"])
            return self._event_errors("events", definition, payload, f"gateway op {payload['op']}")
        if payload["t"] == "RESUMED":
            payload = {key: value for key, value in payload.items() if key != "d"}  # discord.py needs an object there
        return self._event_errors("events", self._dispatches.get(payload["t"]), payload, payload["t"])

    def _event_errors(self, document: str, definition: str | None, payload: Json, name: str) -> list[str]:
        if definition is None:
            return [f"{name}: Discord has no such event"]
        return [f"{name}: {text}" for text in self._errors(document, f"/definitions/{_token(definition)}", payload)]

    def _errors(self, document: str, pointer: str, instance: Any, *, closed: bool = False) -> list[str]:
        from jsonschema.exceptions import best_match

        validator = self._validators.get((document, pointer))
        if validator is None:
            validator = self._validators[document, pointer] = self._compile(document, pointer, closed=closed)
        error = best_match(validator.iter_errors(instance))
        if error is None:
            return []
        return [f"{error.json_path}: {error.message[:300]}"]

    def _compile(self, document: str, pointer: str, *, closed: bool) -> Validator:
        """Compile a schema.

        ``closed`` also forbids keys that the schema does not name, so that a misspelt field shows.
        """
        from jsonschema import Draft7Validator, Draft202012Validator

        dialect = Draft7Validator if document in ("events", "commands") else Draft202012Validator
        schema: Json = {"$ref": f"urn:{document}#{quote(pointer, safe='/~')}"}
        if closed:
            schema["properties"] = dict.fromkeys(_HARMLESS_KEYS, True)
            schema["unevaluatedProperties"] = False
        return dialect(schema, registry=self._registry())

    def _registry(self) -> Any:
        if not hasattr(self, "_built"):
            from referencing import Registry
            from referencing.jsonschema import DRAFT7, DRAFT202012

            self._built: Any = Registry().with_resources(
                (f"urn:{name}", (DRAFT7 if name in ("events", "commands") else DRAFT202012).create_resource(document))
                for name, document in self._documents.items()
            )
        return self._built


@cache
def load(folder: Path) -> Schemas:
    """Return the schemas of this folder, read once in a process."""
    return Schemas(folder)


def _read(path: Path) -> Json:
    document: Json = json.loads(path.read_text(encoding="utf-8"))
    return document


def _token(text: str) -> str:
    """Return one step of a JSON pointer."""
    return text.replace("~", "~0").replace("/", "~1")


def _with(document: Json, definition: Json, *place: str) -> Json:
    """Return a copy with another definition at ``place``; all else is shared."""
    first, *rest = place
    return {**document, first: _with(document[first], definition, *rest) if rest else definition}


def _with_media_channels(openapi: Json) -> Json:
    types = openapi["components"]["schemas"]["ChannelTypes"]
    known = types | {"oneOf": [*types["oneOf"], _MEDIA_CHANNELS]}
    return _with(openapi, known, "components", "schemas", "ChannelTypes")


def _for_requests(openapi: Json) -> Json:
    loose = _with(openapi, _LOOSE_SNOWFLAKE, "components", "schemas", "SnowflakeType")
    for place in _BITS_IN_REQUESTS:
        loose = _with(loose, _LOOSE_BITS, *place.split(" "))
    return loose


def _with_references(document: Json) -> Json:
    """Return the description with forwards among the types of references, as the gateway's schema has them."""
    either = {"type": "integer", "enum": [0, 1]}
    return _with(document, either, "components", "schemas", "MessageReferenceType")


def _with_snapshots(document: Json) -> Json:
    """Return the schema in which a snapshot's fields are those of a message; it says that each is a whole message."""
    fields, whole = (document["definitions"][name]["properties"] for name in ("APIMessageSnapshotFields", "APIMessage"))
    right = {
        **document["definitions"]["APIMessageSnapshotFields"],
        "properties": {name: whole[name] for name in fields},
    }
    return _with(document, right, "definitions", "APIMessageSnapshotFields")


def _with_combined_flags(document: Json) -> Json:
    """Return a copy whose bit fields take every combination: the gateway schemas list the single bits only."""
    bits = {name: {"type": "integer", "minimum": 0} for name in document["definitions"] if name.endswith("Flags")}
    return {**document, "definitions": {**document["definitions"], **bits}}


def _by_constant(document: Json, key: str) -> dict[Any, str]:
    """Return definition names by the constant that one of their properties must have."""
    found: dict[Any, str] = {}
    for name, definition in document["definitions"].items():
        constant = definition.get("properties", {}).get(key, {})
        if "const" in constant and not (key == "op" and constant["const"] == Op.DISPATCH):
            found[constant["const"]] = name
    return found


def _unknown_query(operation: Json, request: HttpRequest) -> set[str]:
    parameters: list[Mapping[str, Any]] = operation.get("parameters", [])
    return set(request.query) - _HARMLESS_QUERY - {one["name"] for one in parameters if one["in"] == "query"}
