"""What the fuzzer starts from: requests that are right, and things that never are."""

from __future__ import annotations

from typing import Any

BUTTON = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Stop", "custom_id": "stop"}]}
EMBED = {
    "title": "t",
    "description": "d",
    "color": 1,
    "fields": [{"name": "n", "value": "v", "inline": True}],
    "image": {"url": "attachment://0.png"},
    "thumbnail": {"url": "https://example.org/a.png"},
    "author": {"name": "a", "icon_url": "attachment://a.png"},
    "footer": {"text": "f"},
}
WORDS = {"type": 4, "custom_id": "words", "style": 1}
MODAL_FIELDS = [
    {"type": 18, "label": "Words", "component": WORDS},
    {"type": 1, "components": [WORDS | {"custom_id": "more", "label": "More"}]},
    {"type": 10, "content": "text"},
    {"type": 18, "label": "A file", "component": {"type": 19, "custom_id": "file"}},
]
LAYOUT = [
    {"type": 17, "accent_color": 1, "components": [{"type": 10, "content": "# T"}, {"type": 14, "spacing": 1}]},
    {"type": 12, "items": [{"media": {"url": "attachment://0.png"}, "spoiler": True}]},
    {
        "type": 9,
        "components": [{"type": 10, "content": "x"}],
        "accessory": {"type": 11, "media": {"url": "attachment://0.png"}},
    },
    {"type": 13, "file": {"url": "attachment://0.png"}},
    {"type": 1, "components": [{"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "b"}]}]},
]
MESSAGE: dict[str, Any] = {
    "content": "hello",
    "embeds": [EMBED],
    "components": [BUTTON],
    "allowed_mentions": {"parse": ["users"], "users": [], "replied_user": True},
    "attachments": [{"id": 0, "filename": "a.png", "description": "a"}],
    "message_reference": {"message_id": "{message_id}", "fail_if_not_exists": False},
    "nonce": "1",
    "enforce_nonce": True,
    "flags": 0,
    "tts": False,
}
COMMAND = {
    "name": "imagine",
    "type": 1,
    "description": "Paint",
    "default_member_permissions": "0",
    "options": [{"type": 3, "name": "prompt", "description": "words", "required": True, "min_length": 1}],
}
CHANNEL = {"name": "p", "topic": "t", "nsfw": False, "permission_overwrites": [{"id": "{role_id}", "type": 0}]}
THREAD = {"name": "t", "auto_archive_duration": 60, "type": 11, "message": {"content": "first"}, "applied_tags": []}
ROLE = {"name": "r", "permissions": "0", "color": 1, "hoist": True, "mentionable": False}
MEMBER = {"nick": "n", "roles": ["{role_id}"], "communication_disabled_until": "2030-01-01T00:00:00+00:00"}
_M, _C, _G = "/channels/{channel_id}/messages", "/channels/{channel_id}", "/guilds/{guild_id}"
_W, _A = "/webhooks/{webhook_id}/{webhook_token}", "/applications/{application_id}"
_CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"

# Requests that are right, as (method, path, body): the fuzzer breaks them.
RIGHT: tuple[tuple[str, str, Any], ...] = (
    ("POST", _M, MESSAGE),
    ("GET", f"{_M}?limit=5&before=1&after=2&around=3", None),
    ("PATCH", f"{_M}/{{message_id}}", MESSAGE),
    ("POST", _M, {"flags": 1 << 15, "components": LAYOUT}),
    ("POST", _CALLBACK, {"type": 4, "data": {"flags": 1 << 15, "components": LAYOUT}}),
    ("DELETE", f"{_M}/{{message_id}}", None),
    ("POST", f"{_M}/bulk-delete", {"messages": ["{message_id}", "1"]}),
    ("PUT", f"{_M}/pins/{{message_id}}", None),
    ("GET", f"{_M}/pins?limit=3", None),
    ("PUT", f"{_M}/{{message_id}}/reactions/{{emoji_name}}/@me", None),
    ("GET", f"{_M}/{{message_id}}/reactions/{{emoji_name}}?limit=3&after=1", None),
    ("DELETE", f"{_M}/{{message_id}}/reactions/{{emoji_name}}/{{user_id}}", None),
    ("POST", f"{_M}/{{message_id}}/threads", THREAD),
    ("POST", f"{_C}/threads", THREAD),
    ("GET", f"{_C}/threads/archived/public?limit=2", None),
    ("PUT", f"{_C}/thread-members/{{user_id}}", None),
    ("GET", f"{_C}/thread-members?with_member=true", None),
    ("PATCH", _C, CHANNEL | THREAD | {"archived": True, "locked": False}),
    ("PUT", f"{_C}/permissions/{{overwrite_id}}", {"type": 0, "allow": "0", "deny": "1024"}),
    ("POST", f"{_C}/typing", None),
    ("POST", f"{_C}/webhooks", {"name": "w"}),
    ("PATCH", "/webhooks/{webhook_id}", {"name": "v", "channel_id": "{channel_id}"}),
    ("POST", f"{_W}?wait=true&thread_id=1", MESSAGE | {"username": "u"}),
    ("PATCH", f"{_W}/messages/@original", MESSAGE),
    ("DELETE", f"{_W}/messages/{{message_id}}", None),
    ("POST", f"{_G}/channels", CHANNEL | {"type": 0}),
    ("GET", f"{_G}/members?limit=3&after=1", None),
    ("GET", f"{_G}/members/search?query=a&limit=2", None),
    ("PATCH", f"{_G}/members/{{user_id}}", MEMBER),
    ("PATCH", f"{_G}/members/@me", {"nick": "me"}),
    ("PUT", f"{_G}/members/{{user_id}}/roles/{{role_id}}", None),
    ("POST", f"{_G}/roles", ROLE),
    ("PATCH", f"{_G}/roles/{{role_id}}", ROLE),
    ("PUT", f"{_A}/commands", [COMMAND]),
    ("POST", f"{_A}/guilds/{{guild_id}}/commands", COMMAND),
    ("PATCH", f"{_A}/commands/{{command_id}}", COMMAND),
    ("POST", "/users/@me/channels", {"recipient_id": "{user_id}"}),
    ("PATCH", "/users/@me", {"username": "Faraday"}),
    ("POST", _CALLBACK, {"type": 4, "data": MESSAGE}),
    ("POST", _CALLBACK, {"type": 5, "data": {"flags": 64}}),
    ("POST", _CALLBACK, {"type": 7, "data": MESSAGE}),
    ("POST", _CALLBACK, {"type": 8, "data": {"choices": [{"name": "n", "value": "v"}]}}),
    ("POST", _CALLBACK, {"type": 9, "data": {"title": "t", "custom_id": "c", "components": MODAL_FIELDS}}),
)  # fmt: skip

JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1 << 70, 1.5, -1e308, "", "x", "x" * 5000, "\ud800", "\0", "١٢", "0" * 40, "../..",
    [], {}, [None], [[]], {"": {}}, [{"type": 1}], {"id": 1}, "{message_id}", "{user_id}", "{channel_id}",
)  # fmt: skip
QUERY_JUNK = ("", "-1", "abc", "9" * 30, "1.5", "%00", "null", "true", "١")
RAW: tuple[bytes, ...] = (
    b"", b"{", b"null", b"NaN", b"[1e999]", b'"\\ud800"', b"\xff\xfe", b"[" * 5000, b'{"content":' * 900, b"1" * 6000,
    b'{"content": "' + b"a" * 300_000 + b'"}',
)  # fmt: skip
FRAMES: tuple[str | bytes, ...] = tuple(raw.decode("latin-1") for raw in RAW) + RAW
