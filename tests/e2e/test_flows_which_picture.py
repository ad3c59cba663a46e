"""Which picture is meant, what is covered, and who is answered how often."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from sandbox import Channel, File, Message, Sandbox
from sandbox.faults.pending import Fate

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio

Draw = Callable[..., File]


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"discord": {"message_content": True}}


@pytest.fixture(autouse=True)
def _granted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer portal grants the message-content intent."""
    before = Sandbox.__init__

    def init(self: Sandbox, *args: Any, **about: Any) -> None:
        before(self, *args, **about, message_content=True)

    monkeypatch.setattr(Sandbox, "__init__", init)


def started_from(studio: "Studio", number: int = 0) -> str:
    """The colour of the picture that a run began from."""
    image = studio.engine.starts[number].init_image
    assert image is not None
    with Image.open(io.BytesIO(image)) as opened:
        red, _, blue = opened.convert("RGB").resize((1, 1)).tobytes()
    return "red" if red > blue else "blue"


async def replied(studio: "Studio", message: Message) -> Message:
    answer: Message = await studio.sandbox.until(
        lambda: next(
            (
                one
                for one in message.channel.messages
                if one.referenced_message is message and one.author is studio.sandbox.bot_user
            ),
            None,
        )
    )
    return answer


def answers(studio: "Studio", channel: Channel) -> list[str]:
    return [one.content for one in channel.messages if one.author is studio.sandbox.bot_user]


# Covers


async def test_everything_made_from_a_spoiler_is_covered(studio: "Studio", picture: Draw) -> None:
    photo = picture(name="SPOILER_photo.png")
    await studio.ada.slash(studio.channel, "edit", prompt="a lake", image=photo)
    first = await studio.final()
    assert [file.filename.startswith("SPOILER_") for file in first.attachments] == [True]
    await studio.ada.say(first.channel, ".edit a sea", reply_to=first)
    second = await studio.final(2)
    await studio.ada.click(second, label="Rerun")
    third = await studio.final(3)
    await studio.ada.click(third, label="Upscale")
    await studio.final(4)
    covered = [file.filename for one in studio.finals() for file in one.attachments]
    assert len(covered) == 4 and all(name.startswith("SPOILER_") for name in covered)


@pytest.mark.parametrize("door", ["edit", "imagine", "upscale", "reply", "menu", "own", "guide", "newest", "forward"])
async def test_every_door_keeps_the_cover(studio: "Studio", picture: Draw, door: str) -> None:
    photo = picture(name="SPOILER_photo.png")
    if door in ("edit", "imagine", "upscale"):
        await studio.ada.slash(studio.channel, door, prompt="a lake", image=photo)
    elif door == "guide":
        await studio.ada.slash(studio.channel, "imagine", prompt="a lake", image_prompt=photo)
    elif door == "own":
        await studio.ada.say(studio.channel, ".edit a lake", files=[photo])
    else:
        posted = await studio.bob.say(studio.channel, files=[photo])
        if door == "reply":
            await studio.ada.say(studio.channel, ".edit a lake", reply_to=posted)
        elif door == "menu":
            form = await studio.ada.use_on_message("Edit picture", posted)
            await studio.ada.submit(form, {"words": "a lake"})
        elif door == "forward":
            forward = await studio.bob.forward(posted, studio.channel)
            await studio.ada.say(studio.channel, ".edit a lake", reply_to=forward)
        else:
            await studio.ada.slash(studio.channel, "edit", prompt="a lake")
    final = await studio.final()
    assert final.attachments[0].filename.startswith("SPOILER_")


# The newest picture


@pytest.mark.parametrize(
    "later",
    [
        File("notes.txt", b"hello", "text/plain"),
        File("clip.mp4", b"x", "video/mp4"),
        File("voice.ogg", b"x", "audio/ogg"),
    ],
)
@pytest.mark.parametrize("command", ["edit", "upscale"])
async def test_the_newest_picture_counts_and_no_other_file(
    studio: "Studio", picture: Draw, later: File, command: str
) -> None:
    await studio.ada.say(studio.channel, files=[picture(colour="blue")])
    await studio.ada.say(studio.channel, files=[later])
    await studio.ada.slash(studio.channel, command, prompt="a lake")
    await studio.final()
    assert started_from(studio) == "blue"


async def test_pictures_of_webhooks_count(studio: "Studio", picture: Draw) -> None:
    await studio.ada.say(studio.channel, files=[picture(colour="red")])
    studio.guild.post_as_webhook(studio.channel, "Lily", files=(picture(colour="blue"),))
    await studio.ada.slash(studio.channel, "edit", prompt="a lake")
    await studio.final()
    assert started_from(studio) == "blue"


@pytest.mark.parametrize("door", ["newest", "reply"])
async def test_the_picture_above_a_thread_is_meant_in_it(studio: "Studio", picture: Draw, door: str) -> None:
    photo = await studio.bob.say(studio.channel, files=[picture(colour="blue")])
    thread = await studio.bob.open_thread(photo, "my photo")
    if door == "newest":
        await studio.ada.slash(thread, "edit", prompt="a lake")
    else:
        await studio.ada.say(thread, ".edit a lake", reply_to=thread.messages[0])
    await studio.sandbox.until(lambda: studio.engine.starts)
    assert started_from(studio) == "blue"


@pytest.mark.parametrize("door", ["newest", "reply", "menu", "describe"])
async def test_a_forwarded_picture_is_read_like_an_attached_one(studio: "Studio", picture: Draw, door: str) -> None:
    other = studio.guild.create_text_channel("elsewhere")
    photo = await studio.bob.say(other, files=[picture(colour="blue")])
    forward = await studio.bob.forward(photo, studio.channel)
    if door == "newest":
        await studio.ada.slash(studio.channel, "edit", prompt="a lake")
    elif door == "reply":
        await studio.ada.say(studio.channel, ".edit a lake", reply_to=forward)
    elif door == "menu":
        await studio.ada.submit(await studio.ada.use_on_message("Edit picture", forward), {"words": "a lake"})
    else:
        answer = await studio.ada.use_on_message("Describe picture", forward)
        message = await studio.sandbox.until(lambda: answer.message)
        assert message.embeds
        return
    await studio.sandbox.until(lambda: studio.engine.starts)
    assert started_from(studio) == "blue"


LINKED = {"type": "image", "url": "https://example.com/a.png", "thumbnail": {"url": "https://example.com/a.png"}}


@pytest.mark.parametrize("door", ["newest", "reply", "menu", "describe"])
async def test_a_picture_in_an_embed_is_to_be_attached(studio: "Studio", door: str) -> None:
    linked = await studio.bob.say(studio.channel, "https://example.com/a.png", embeds=[LINKED])
    if door == "reply":
        text = (await replied(studio, await studio.ada.say(studio.channel, ".edit a lake", reply_to=linked))).content
    elif door == "newest":
        text = await (await studio.ada.slash(studio.channel, "edit", prompt="a lake")).text()
    else:
        menu = {"menu": "Edit picture", "describe": "Describe picture"}[door]
        text = await (await studio.ada.use_on_message(menu, linked)).text()
    assert "Save it and attach it" in text


async def test_which_of_several_was_taken_is_said(studio: "Studio", picture: Draw) -> None:
    files = [picture(colour="blue", name="one.png"), picture(name="two.png")]
    photo = await studio.bob.say(studio.channel, files=files)
    await studio.ada.say(studio.channel, ".edit a lake", reply_to=photo)
    job = await studio.job_of(await studio.final())
    assert job.notes[0] == "That message has 2 pictures: I took the first, “one.png”."
    assert started_from(studio) == "blue"


# Silence and doubles


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (".edit a car", "attach one"),
        ("/edit", "attach one"),
        (".imgine a red car", "`.imagine`"),
        ("/imagin a red car", "`.imagine`"),
        (".edti a car", "`.edit`"),
        (".upscale", "/upscale"),
        ("{role} a red car", ".imagine a red car"),
        ("{bot} a red car", ".imagine a red car"),
    ],
)
async def test_who_means_the_bot_is_answered_once(studio: "Studio", words: str, answer: str) -> None:
    own = next(role for role in studio.guild.roles.values() if role.managed_by)
    text = words.format(role=f"<@&{own.id}>", bot=studio.sandbox.bot_user.mention)
    asked = await studio.ada.say(studio.channel, text)
    assert answer in (await replied(studio, asked)).content
    await studio.settled()
    assert len(answers(studio, studio.channel)) == 1
    assert not studio.engine.starts


@pytest.mark.parametrize("words", ["hi", "a red car"])
async def test_words_in_a_direct_message_are_answered(studio: "Studio", words: str) -> None:
    direct = await studio.ada.open_dm()
    asked = await studio.ada.say(direct, words)
    assert f".imagine {words}" in (await replied(studio, asked)).content
    await studio.settled()
    assert len(answers(studio, direct)) == 1


@pytest.mark.parametrize("words", ["hello", "...", ".5 is half", "/shrug", ".exit", "!play a song", "what a car"])
async def test_what_is_not_meant_for_the_bot_is_left_alone(studio: "Studio", words: str) -> None:
    await studio.ada.say(studio.channel, words)
    await studio.settled()
    assert not answers(studio, studio.channel)


async def test_an_edited_message_that_now_is_a_command_paints_once(studio: "Studio") -> None:
    asked = await studio.ada.say(studio.channel, "imagine a red car")
    await studio.settled()
    await studio.ada.edit(asked, ".imagine a red car")
    await studio.final()
    await studio.ada.edit(asked, ".imagine a blue car")
    await studio.settled()
    assert len(studio.engine.starts) == 1


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_message_told_twice_paints_once(studio: "Studio", restarted: bool) -> None:
    studio.sandbox.faults.spoil_events(Fate.DOUBLED, "MESSAGE_CREATE")
    asked = await studio.ada.say(studio.channel, ".imagine a red car")
    await studio.final()
    if restarted:
        studio.bot.cogs["RepliesCog"]._heard.clear()  # type: ignore[attr-defined]
        await studio.ada.edit(asked, ".imagine a red car")
    await studio.settled()
    assert len(studio.engine.starts) == 1
    assert len(studio.finals()) == 1


async def test_a_refusal_told_twice_is_said_once(studio: "Studio") -> None:
    studio.sandbox.faults.spoil_events(Fate.DOUBLED, "MESSAGE_CREATE")
    asked = await studio.ada.say(studio.channel, ".edit a car")
    await replied(studio, asked)
    await studio.settled()
    assert len(answers(studio, studio.channel)) == 1
