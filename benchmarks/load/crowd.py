"""Let a crowd of members ask at once, and again as soon as they are answered."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox import Channel, Member, Sandbox
from sandbox.records.errors import NoAnswer
from sandbox.verbs.commands import NotOffered

GUILDS, CHANNELS = 4, 10
LONGEST = 3  # iterations of the longest pictures by those of the shortest


@dataclass(slots=True, kw_only=True)
class Heard:
    """Hold what the members saw."""

    acknowledged: list[float] = field(default_factory=list)  # seconds until each interaction was acknowledged
    unanswered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A member, the channel where they ask, and the iterations of their pictures."""

    member: Member
    channel: Channel
    iterations: int


def seated(sandbox: Sandbox, members: int, iterations: int) -> list[Seat]:
    """Seat the members in the channels of several servers; a seeded draw says how long their pictures take."""
    chance = random.Random(0)
    guilds = [sandbox.create_guild(f"Studio {number}") for number in range(GUILDS)]
    rooms = [(guild, guild.create_text_channel(f"paintings-{each}")) for each in range(CHANNELS) for guild in guilds]
    seats = []
    for number in range(members):
        guild, channel = rooms[number % len(rooms)]
        member = guild.add_member(f"member{number}")
        seats.append(Seat(member=member, channel=channel, iterations=iterations * chance.randint(1, LONGEST)))
    return seats


async def ask(seats: list[Seat], each: int, heard: Heard, told: Callable[[], None]) -> None:
    """Let every member ask for ``each`` pictures, one after the other."""

    async def one(seat: Seat) -> None:
        for number in range(each):
            began = time.perf_counter()
            try:
                await seat.member.slash(seat.channel, "imagine", prompt=f"picture {number}", iterations=seat.iterations)
                heard.acknowledged.append(time.perf_counter() - began)
            except (NoAnswer, NotOffered):
                heard.unanswered += 1
            told()

    await asyncio.gather(*(one(seat) for seat in seats))


def delivered(sandbox: Sandbox) -> Counter[str]:
    """Count how often each finished picture was posted in the channels and their threads."""
    return Counter(
        file.filename
        for guild in sandbox.world.guilds.values()
        for channel in guild.channels.values()
        for message in channel.messages
        for file in message.attachments
        if file.filename.startswith("faraday-")
    )
