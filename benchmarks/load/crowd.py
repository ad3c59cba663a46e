"""A crowd of members, all of whom ask at once and again as soon as they were answered."""

from __future__ import annotations

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
LONGEST = 3
"""Times the iterations of the longest pictures to those of the shortest."""


@dataclass(slots=True, kw_only=True)
class Heard:
    """What the members saw: seconds until each interaction was acknowledged, and those that never were."""

    acknowledged: list[float] = field(default_factory=list)
    unanswered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A member, where they ask, and the iterations of their pictures."""

    member: Member
    channel: Channel
    iterations: int


def seat(sandbox: Sandbox, members: int, iterations: int) -> list[Seat]:
    """Seat the members in the channels of several servers; a seeded choice says how long their pictures take."""
    chance = random.Random(0)
    guilds = [sandbox.create_guild(f"Studio {number}") for number in range(GUILDS)]
    rooms = [(guild, guild.create_text_channel(f"paintings-{each}")) for each in range(CHANNELS) for guild in guilds]
    places = []
    for number in range(members):
        guild, channel = rooms[number % len(rooms)]
        member = guild.add_member(f"member{number}")
        places.append(Seat(member=member, channel=channel, iterations=iterations * chance.randint(1, LONGEST)))
    return places


async def ask(places: list[Seat], each: int, heard: Heard, told: Callable[[], None]) -> None:
    """Every member asks for ``each`` pictures, one after the other."""

    async def one(place: Seat) -> None:
        for number in range(each):
            began = time.perf_counter()
            try:
                await place.member.slash(
                    place.channel, "imagine", prompt=f"picture {number}", iterations=place.iterations
                )
                heard.acknowledged.append(time.perf_counter() - began)
            except (NoAnswer, NotOffered):
                heard.unanswered += 1
            told()

    await asyncio.gather(*(one(place) for place in places))


def delivered(sandbox: Sandbox) -> Counter[str]:
    """The files of finished pictures that lie in the channels and their threads, with how often each does."""
    return Counter(
        file.filename
        for guild in sandbox.world.guilds.values()
        for channel in guild.channels.values()
        for message in channel.messages
        for file in message.attachments
        if file.filename.startswith("faraday-")
    )
