"""Prints a conversation live in a terminal, with work in progress below it."""

import asyncio
import io
import re
import time
from pathlib import Path

from PIL import Image
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.text import Text

from sandbox.people.actors import Member
from sandbox.people.transcript import button_labels, embed_lines, is_under_way, readable
from sandbox.records.model import Channel, Message, MessageType, User
from sandbox.records.parts import Attachment
from sandbox.verbs.world import World

_SETTLED_S = 0.8  # a bot's message is printed when it has not changed for so long: its reactions come right after it
_REPORT_EVERY_S = 10.0  # how often work in progress is reported where nothing can be redrawn
_PICTURE_COLUMNS = 40
_NAME_STYLES = ("bold cyan", "bold magenta")  # members, bots


class LiveTranscript:
    """Prints a channel and its threads as one member sees them, and saves the pictures posted there.

    Args:
        folder: the folder for pictures; it is made for the first one.
        viewer: the member who looks; ephemeral messages to others stay hidden.
    """

    def __init__(self, console: Console, world: World, channel: Channel, viewer: User, folder: Path) -> None:
        self._console = console
        self._world = world
        self._channel = channel
        self._viewer = viewer
        self._folder = folder
        self._printed: set[int] = set()
        self._looks: dict[int, tuple[str, float]] = {}  # how a message looked, and since when
        self._pressed: set[tuple[int, str, int]] = set()
        self._place: Channel | None = None
        self._reported = 0.0
        self._below = ""
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self.pictures: dict[int, list[Path]] = {}  # saved files by message

    async def follow(self) -> None:
        """Print what happens until cancelled, then print the rest."""
        if self._live is not None:
            self._live.start()
        try:
            while True:
                self._look(everything=False)
                await asyncio.sleep(0.1)
        finally:
            if self._live is not None:
                self._redraw("", "")
                self._live.stop()
            self._look(everything=True)

    def status(self, text: str) -> None:
        """Show a line that says what we wait for, if the terminal can remove it again."""
        if self._live is not None:
            self._redraw(text, Text(text, style="dim"))

    def has_shown(self, message: Message) -> bool:
        return message.id in self._printed

    def typed(self, member: Member, channel: Channel, text: str) -> None:
        """Show a command as its member types it; others never see that line."""
        self._go_to(channel)
        line = Text.assemble((member.name, _NAME_STYLES[False]), (" types  ", "dim"), text)
        self._print_indented([line, Text()])

    def _look(self, *, everything: bool) -> None:
        working: list[Message] = []
        for message in self._visible():
            if is_under_way(message) and not everything:
                working.append(message)
            elif message.id not in self._printed and (everything or self._has_settled(message)):
                self._printed.add(message.id)
                self._print(message)
            self._print_reactions(message)
        if working:
            self._report(working)
        elif self._printed:
            self._redraw("", "")

    def _visible(self) -> list[Message]:
        everywhere = [self._channel, *self._channel.threads]
        messages = [message for channel in everywhere for message in channel.messages_by_id.values()]
        shown = [message for message in messages if message.type is not MessageType.THREAD_STARTER_MESSAGE]
        mine = [one for one in shown if not one.ephemeral or (one.origin and one.origin.user is self._viewer)]
        return sorted(mine, key=lambda message: message.id)

    def _has_settled(self, message: Message) -> bool:
        if not message.author.bot:
            return True
        look, now = f"{message.content}{len(message.files)}{len(message.reactions)}", time.monotonic()
        before, since = self._looks.get(message.id, ("", now))
        if look != before:
            self._looks[message.id] = (look, now)
            return False
        return now - since >= _SETTLED_S

    # Printing

    def _print(self, message: Message) -> None:
        self._go_to(message.channel)
        paths = [self._save(message, attachment) for attachment in message.files]
        self._print_indented(self._lines(message, paths))

    def _go_to(self, channel: Channel) -> None:
        """Print the channel's name if the next lines are in another channel than the last."""
        if channel is not self._place:
            self._place = channel
            self._console.print(Text(f"{'🧵' if channel.is_thread else '#'} {channel.name}", style="bold"))

    def _print_indented(self, lines: list[Text]) -> None:
        """Print the text wrapped under their indent in a terminal.

        Whole elsewhere, for whoever reads or greps the file.
        """
        for line in lines:
            indent = len(line.plain) - len(line.plain.lstrip()) + 2
            body = line[indent - 2 :]
            wrapped = body.wrap(self._console, max(20, self._console.width - indent)) if self._live else [body]
            for part in wrapped:
                part.rstrip()
                shown = Text(" " * indent).append_text(part) if part else part
                self._console.print(shown, soft_wrap=True)

    def _lines(self, message: Message, paths: list[Path]) -> list[Text]:
        lines = [_heading(message)]
        if message.origin is not None and message.origin.name:
            lines.append(Text(f"  answers {message.origin.user.name}'s /{message.origin.name}", style="dim"))
        if message.type is MessageType.REPLY:
            lines.append(Text(f"  ↪ {_quoted(self._world, message.referenced_message)}", style="dim"))
        lines += [Text("  ").append_text(line) for line in marked_up(readable(self._world, message))]
        lines += [Text(f"  ▎ {line}") for embed in message.embeds for line in embed_lines(embed)]
        for attachment, path in zip(message.files, paths, strict=True):
            lines += self._picture(attachment, path)
        if message.reactions:
            shown = "   ".join(f"{reaction.name} {len(reaction.users)}" for reaction in message.reactions)
            lines.append(Text(f"  {shown}"))
            self._pressed |= {(message.id, one.name, user.id) for one in message.reactions for user in one.users}
        return [*lines, Text()]

    def _picture(self, attachment: Attachment, path: Path) -> list[Text]:
        size = "" if attachment.size is None else f" {attachment.size[0]}×{attachment.size[1]}"
        lines = [Text(f"  📎 {path}{size}", style="green")]
        if attachment.size is not None and self._console.color_system in ("256", "truecolor"):
            lines += [Text("  ").append_text(row) for row in in_blocks(attachment.bytes, _PICTURE_COLUMNS)]
        return lines

    def _save(self, message: Message, attachment: Attachment) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / attachment.filename
        path.write_bytes(attachment.bytes)
        self.pictures.setdefault(message.id, []).append(path)
        return path

    def _print_reactions(self, message: Message) -> None:
        if message.id not in self._printed:
            return
        for reaction in message.reactions:
            for user in reaction.users:
                if (message.id, reaction.name, user.id) in self._pressed:
                    continue
                self._pressed.add((message.id, reaction.name, user.id))
                what = (f" reacts {reaction.name} to {_quoted(self._world, message)}", "dim")
                self._print_indented([Text.assemble((user.name, _NAME_STYLES[user.bot]), what), Text()])

    def _report(self, working: list[Message]) -> None:
        """Show what is being worked on: redrawn in place, or a line now and then."""
        if self._live is not None:
            cards = [Padding(_card(self._world, message), (0, 0, 0, 2)) for message in working]
            self._redraw("".join(readable(self._world, message) for message in working), Group(*cards))
        elif time.monotonic() - self._reported >= _REPORT_EVERY_S:
            self._reported = time.monotonic()
            for message in working:
                lines = [line.plain for line in marked_up(readable(self._world, message))]
                self._console.print(Text(f"  … {' · '.join(lines) or 'thinking'}", style="dim"), soft_wrap=True)

    def _redraw(self, meaning: str, shown: RenderableType) -> None:
        """Replace what stands below the conversation, if it says something new."""
        if self._live is not None and meaning != self._below:
            self._below = meaning
            self._live.update(shown, refresh=True)


def _heading(message: Message) -> Text:
    heading = Text.assemble((message.author.name, _NAME_STYLES[message.author.bot]))
    if message.author.bot:
        heading.append(" BOT", style="blue")
    heading.append(f"  {message.created_at.astimezone():%H:%M:%S}", style="dim")
    if message.ephemeral:
        heading.append("  only you can see this", style="italic dim")
    return heading


def _card(world: World, message: Message) -> RenderableType:
    lines: list[RenderableType] = [_heading(message)]
    lines += [Text("  ").append_text(line) for line in marked_up(readable(world, message))]
    lines.append(Text("  " + " ".join(f"[ {label} ]" for label in button_labels(message)), style="blue"))
    return Group(*lines)


def _quoted(world: World, message: Message | None) -> str:
    if message is None or message.deleted:
        return "a deleted message"
    lines = [line.plain for line in marked_up(readable(world, message))]
    text = lines[0] if lines else "a picture"
    return f"{message.author.name}: {text if len(text) <= 60 else text[:59] + '…'}"


def marked_up(content: str) -> list[Text]:
    """Return Discord's markdown as far as it occurs here: bold, small print, code blocks, links, escapes."""
    lines: list[Text] = []
    code = False
    for line in content.splitlines():
        if line.startswith("```"):
            code = not code
            continue
        if code:
            lines.append(Text(line, style="yellow"))
            continue
        small = line.startswith("-# ")
        text = Text(style="dim" if small else "")
        for index, part in enumerate(line.removeprefix("-# ").split("**")):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", part)
            text.append(re.sub(r"\\([^A-Za-z0-9\s])", r"\1", plain), style="bold" if index % 2 else "")
        lines.append(text)
    return lines


def in_blocks(content: bytes, columns: int) -> list[Text]:
    """Return a picture drawn with half blocks, two pixels in a character; one line of text per two rows."""
    with Image.open(io.BytesIO(content)) as image:
        rows = max(2, round(columns * image.height / image.width)) // 2 * 2
        small = image.convert("RGB").resize((columns, rows), Image.Resampling.LANCZOS)
    pixels = small.tobytes()

    def colour(x: int, y: int) -> str:
        at = 3 * (y * columns + x)
        return "#{:02x}{:02x}{:02x}".format(*pixels[at : at + 3])

    lines = []
    for y in range(0, rows, 2):
        line = Text()
        for x in range(columns):
            line.append("▀", style=f"{colour(x, y)} on {colour(x, y + 1)}")
        lines.append(line)
    return lines
