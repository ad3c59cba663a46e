"""Malformed input for the sandbox, by the seed: requests that are almost right, and frames that are not."""

from __future__ import annotations

import copy
import io
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from sandbox import Sandbox
from sandbox.records.interactions import Callback, Interaction, InteractionType, new_token
from sandbox.records.model import ChannelType, Webhook
from sandbox.verbs import interactions, posts, threads
from sandbox.verbs.permissions import Permissions
from sandbox.verbs.posts import Draft
from tests.sandbox.fuzz_corpus import BUTTON, COMMAND, FRAMES, JUNK, QUERY_JUNK, RAW, RIGHT


@dataclass(kw_only=True)
class Sent:
    """One request to send. ``body`` is JSON to be, or raw bytes under ``content_type``."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    files: int = 0
    content_type: str = "application/json"
    authorized: bool = True


@dataclass(kw_only=True)
class Scene:
    """A furnished sandbox, and the identifiers that make malformed requests reach something."""

    sandbox: Sandbox
    ids: dict[str, list[str]]


def furnished(sandbox: Sandbox) -> Scene:
    """A server with everything in it, and interactions of every type that still wait for an answer."""
    world = sandbox.world
    guild = sandbox.create_guild(bot_permissions=int(Permissions.ADMINISTRATOR))
    role, ada = guild.create_role("painters"), guild.add_member("ada")
    text, forum = guild.create_text_channel("p"), guild.create_forum("f", tags=("car",))
    messages = [posts.post(world, text, world.bot_user, Draft(content="a", components=[BUTTON])) for _ in range(3)]
    messages.append(posts.post(world, text, ada.user, Draft(content="b")))
    thread = threads.open_from_message(world, messages[0], world.bot_user, {"name": "t"})
    archived = threads.open_in_channel(world, text, world.bot_user, {"name": "u", "type": ChannelType.PRIVATE_THREAD})
    archived.archive()
    direct = world.direct_channel(ada.user)
    webhook = Webhook(id=world.ids.next(), channel=text, name="w", token=new_token(), creator=world.bot_user)
    world.webhooks[webhook.id] = webhook
    ids = {"id": "7", "version": "7", "application_id": str(world.bot_user.id)}
    scope = {"default_member_permissions": None, "integration_types": [0], "contexts": None, "dm_permission": True}
    world.commands[None] = [COMMAND | ids | scope | {"description": "Paint"}]
    waiting = [_interaction(sandbox, type_, text, ada, messages[1]) for type_ in InteractionType for _ in range(3)]
    answered = [_interaction(sandbox, InteractionType.COMMAND, text, ada, None) for _ in range(2)]
    for one in answered:
        interactions.acknowledge(world, one, Callback.DEFERRED_MESSAGE, Draft(), {})
    return Scene(
        sandbox=sandbox,
        ids={
            "channel_id": [str(one.id) for one in (text, text, text, forum, thread, archived, direct)],
            "message_id": [str(one.id) for one in messages] + ["@original"],
            "guild_id": [str(guild.id)],
            "user_id": [str(ada.id), str(world.bot_user.id), str(guild.owner_id)],
            "role_id": [str(one) for one in guild.roles],
            "overwrite_id": [str(role.id), str(ada.id)],
            "emoji_name": [quote("👍"), quote("❤️"), "x:1"],
            "webhook_id": [str(webhook.id), str(world.bot_user.id)],
            "webhook_token": [webhook.token, *(one.token for one in answered)],
            "interaction_id": [str(one.id) for one in waiting],
            "interaction_token": [one.token for one in waiting],
            "application_id": [str(world.bot_user.id)],
            "command_id": ["7"],
        },
    )


def _interaction(sandbox: Sandbox, type_: InteractionType, channel: Any, ada: Any, message: Any) -> Interaction:
    one = Interaction(
        id=sandbox.world.ids.next(),
        token=new_token(),
        type=type_,
        user=ada.user,
        channel=channel,
        created=sandbox.world.clock.now() + 3600,  # its three seconds do not run out here
        name="imagine",
        message=message if type_ is InteractionType.COMPONENT else None,
    )
    if type_ is InteractionType.MODAL:
        one.trigger = _interaction(sandbox, InteractionType.COMMAND, channel, ada, None)
    interactions.start(sandbox.world, one, {})
    return one


class Fuzzer:
    """Draws requests and frames. Everything follows from the seed."""

    def __init__(self, seed: int, ids: Mapping[str, list[str]]) -> None:
        self._rng = random.Random(seed)
        self._ids = ids

    def requests(self, count: int) -> Iterator[Sent]:
        """Right requests, each broken in one to three places."""
        for _ in range(count):
            method, path, body = self._rng.choice(RIGHT)
            path, _, query = path.partition("?")
            broken = self._with_ids(copy.deepcopy(body))
            for _ in range(self._rng.randint(0, 3)):
                broken = self._broken(broken)
            sent = Sent(method=method, path=self.filled(path, {}), query=self._query(query), body=broken)
            sent.authorized = self._rng.random() < 0.97
            if self._rng.random() < 0.15:
                sent.files = self._rng.randint(1, 12)
            elif self._rng.random() < 0.1:
                sent.body, sent.content_type = self._rng.choice(RAW), self._rng.choice(_CONTENT_TYPES)
            yield sent

    def filled(self, path: str, given: Mapping[str, Any]) -> str:
        """A path template with its parameters: mostly of things that exist, else as given or junk."""
        if "{interaction_token}" in path and self._rng.random() < 0.9:
            which = self._rng.randrange(len(self._ids["interaction_id"]))
            for name in ("interaction_id", "interaction_token"):
                path = path.replace(f"{{{name}}}", self._ids[name][which])
        while "{" in path:
            name = path[path.index("{") + 1 : path.index("}")]
            known = self._ids.get(name)
            use_known = known and self._rng.random() < 0.9
            junk = str(given.get(name) or quote(str(self._rng.choice(_PARAMETER_JUNK)), safe=""))
            path = path.replace(f"{{{name}}}", self._rng.choice(known or [""]) if use_known else junk, 1)
        return path

    def frames(self, count: int, token: str) -> Iterator[str | bytes]:
        """What no gateway should get."""
        details: tuple[tuple[int, Any], ...] = (
            (1, 5),
            (
                2,
                {
                    "token": token,
                    "intents": 513,
                    "properties": {"os": "", "browser": "", "device": ""},
                    "shard": [0, 1],
                },
            ),
            (3, {"status": "online", "since": None, "activities": [], "afk": False}),
            (4, {"guild_id": "1", "channel_id": None, "self_mute": False, "self_deaf": False}),
            (6, {"token": token, "session_id": "x", "seq": 1}),
            (8, {"guild_id": self._ids["guild_id"][0], "query": "", "limit": 0, "user_ids": ["1"]}),
        )
        for _ in range(count):
            if self._rng.random() < 0.2:
                yield self._rng.choice(FRAMES)
                continue
            op, d = self._rng.choice(details)
            payload: Any = {"op": op, "d": copy.deepcopy(d)}
            for _ in range(self._rng.randint(0, 2)):
                payload = self._broken(payload)
            yield json.dumps(payload)

    def _query(self, query: str) -> dict[str, str]:
        pairs = dict(pair.split("=") for pair in query.split("&") if pair)
        return {
            key: self._rng.choice(QUERY_JUNK) if self._rng.random() < 0.3 else value
            for key, value in pairs.items()
            if self._rng.random() < 0.7
        }

    def _with_ids(self, node: Any) -> Any:
        if isinstance(node, dict):
            return {key: self._with_ids(value) for key, value in node.items()}
        if isinstance(node, list):
            return [self._with_ids(value) for value in node]
        if isinstance(node, str) and node[:1] == "{":
            return self._rng.choice(self._ids[node[1:-1]])
        return node

    def _junk(self) -> Any:
        return self._with_ids(copy.deepcopy(self._rng.choice(JUNK)))

    def _broken(self, body: Any) -> Any:
        """The body with one node, anywhere in it, changed for the worse."""
        places = list(_places(body))
        if not places or self._rng.random() < 0.03:
            return self._junk()
        holder, key = self._rng.choice(places)
        match self._rng.randrange(4):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, list):
                holder.extend([copy.deepcopy(one) for _ in range(30) for one in holder])
            case 2 if isinstance(holder, dict):
                holder["unheard_of"] = self._junk()
            case _:
                holder[key] = self._junk()
        return body


_CONTENT_TYPES = (
    "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "image/png",
)  # fmt: skip
_PARAMETER_JUNK = ("0", "-1", "x", "9" * 30, "١", "@me", "a b", "%", "\0", "../x")


def _places(body: Any) -> Iterator[tuple[Any, Any]]:
    """Every holder and key in a body."""
    steps: Any = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in steps:
        yield body, key
        yield from _places(value)


async def send(session: aiohttp.ClientSession, sandbox: Sandbox, sent: Sent) -> int:
    """Send it, and return the status."""
    url = URL(f"https://{sandbox.address}/api/v10{sent.path}", encoded=True).update_query(sent.query)
    headers = {"Authorization": f"Bot {sandbox.token}"} if sent.authorized else {}
    data: Any = None
    if sent.files:
        data = aiohttp.FormData(quote_fields=False)
        data.add_field("payload_json", _json(sent.body).decode())
        for number in range(sent.files):
            data.add_field(f"files[{number}]", b"\x89PNG", filename=f"{number}.png", content_type="image/png")
    elif sent.body is not None:
        data = io.BytesIO(sent.body if isinstance(sent.body, bytes) else _json(sent.body))
        headers["Content-Type"] = sent.content_type
    async with session.request(sent.method, url, data=data, headers=headers, ssl=False) as answer:
        await answer.read()
        return answer.status


def _json(body: Any) -> bytes:
    return json.dumps(body, default=str).encode()
