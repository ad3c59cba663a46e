"""Styles: saved, shared, painted with, listed with a picture of each, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.moderation import RuleKind
from sandbox import Channel, Member, Permissions

if TYPE_CHECKING:
    from tests.e2e.conftest import Studio


async def run(member: Member, channel: Channel, command: str, **options: object) -> str:
    """The answer, which nobody else sees."""
    answer = await member.slash(channel, command, **options)
    text = await answer.text()
    assert text == answer.ephemeral_text
    return text


async def test_a_saved_style_is_painted_with_by_its_name(studio: Studio) -> None:
    saved = await run(studio.ada, studio.channel, "styles save", style="Old  Photo!", words="an old photo of {prompt}")
    assert saved == "Saved. “a red car” becomes “an old photo of a red car”: /imagine style: old-photo"
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car:2 | fog:0.5", style="old-photo")
    final = await studio.final()
    assert studio.engine.starts[0].spec.prompt == "an old photo of a red car:2 | fog:0.5"
    await studio.ada.say(final.channel, ".edit a blue car --style old-photo", reply_to=final)
    await studio.final(2)
    assert studio.engine.starts[1].spec.prompt == "an old photo of a blue car"
    await run(studio.ada, studio.channel, "edit", prompt="a boat", style="watercolor")
    await studio.final(3)
    assert studio.engine.starts[2].spec.prompt == "a watercolor of a boat"


async def test_a_style_without_a_place_for_the_prompt_stands_beside_it(studio: Studio) -> None:
    await run(studio.ada, studio.channel, "styles save", style="foggy", words="fog")
    await studio.ada.slash(studio.channel, "imagine", prompt="a red car", style="foggy")
    await studio.final()
    assert studio.engine.starts[0].spec.prompt == "a red car | fog"


async def test_others_paint_with_a_style_only_while_it_is_shared(studio: Studio) -> None:
    await run(studio.ada, studio.channel, "styles save", style="photo", words="a photo of {prompt}")
    assert "There is no style “photo” here" in await run(
        studio.bob, studio.channel, "imagine", prompt="a car", style="photo"
    )
    assert await run(studio.ada, studio.channel, "styles share", style="photo") == (
        "Shared with everyone on this server."
    )
    suggested = await studio.bob.autocomplete(studio.channel, "imagine", option="style", typed="pho", prompt="a car")
    assert suggested == [{"name": "photo: a photo of {prompt}", "value": "photo"}]
    await studio.bob.slash(studio.channel, "imagine", prompt="a car", style="photo")
    await studio.final()
    assert studio.engine.starts[0].spec.prompt == "a photo of a car"
    assert await run(studio.ada, studio.channel, "styles share", style="photo", on=False) == ("It is no longer shared.")
    assert "There is no style" in await run(studio.bob, studio.channel, "imagine", prompt="a car", style="photo")
    direct = await studio.ada.open_dm()
    assert "This is no server" in await run(studio.ada, direct, "styles share", style="photo")


async def test_what_may_not_be_shared_is_saved_for_its_owner_and_told_in_one_answer(studio: Studio) -> None:
    await studio.bot.rules.add(studio.guild.id, RuleKind.WORD, "blood", by=1)
    refusal = "It is not shared. That style has “blood” that is not allowed here."
    saved = await run(studio.ada, studio.channel, "styles save", style="gory", words="in blood", share=True)
    assert saved.startswith("Saved. ") and refusal in saved
    assert "There is no style" in await run(studio.bob, studio.channel, "imagine", prompt="a car", style="gory")
    shared = await run(studio.ada, studio.channel, "styles save", style="gory", words="in ink", share=True)
    assert shared.endswith("/imagine style: gory\nShared with everyone on this server.")
    changed = await run(studio.ada, studio.channel, "styles save", style="gory", words="in tar")
    assert changed.endswith("\nShared with everyone on this server."), "other words do not take it back"
    direct = await studio.ada.open_dm()
    assert refusal in await run(studio.ada, direct, "styles save", style="gory", words="in blood")
    assert "There is no style" in await run(studio.bob, studio.channel, "imagine", prompt="a car", style="gory")
    nowhere = await run(studio.ada, direct, "styles save", style="gory", words="in ink", share=True)
    assert nowhere.startswith("Saved. ") and "This is no server" in nowhere


async def test_the_list_has_a_picture_of_each_and_its_pages_turn(studio: Studio) -> None:
    await run(studio.ada, studio.channel, "styles save", style="photo", words="a photo of {prompt}", share=True)
    await studio.ada.slash(studio.channel, "imagine", prompt="a car", style="photo")
    await studio.final()
    answer = await studio.bob.slash(studio.channel, "styles list")
    await answer.text()
    message = answer.message
    assert message is not None and message.ephemeral
    assert [embed["title"] for embed in message.embeds] == ["photo", "watercolor", "oil", "charcoal"]
    assert [file.filename for file in message.files] == [
        "picture-1.jpg", "style-watercolor.jpg", "style-oil.jpg", "style-charcoal.jpg",
    ]  # fmt: skip
    assert f"by {studio.ada.mention}, shared with this server" in message.embeds[0]["description"]
    assert all(embed["thumbnail"]["url"].startswith("attachment://") for embed in message.embeds)
    await studio.bob.click(message, label="On ▶")
    await studio.sandbox.until(lambda: [embed["title"] for embed in message.embeds] == ["pixel-art"])
    assert [file.filename for file in message.files] == ["style-pixel-art.jpg"]


async def test_only_its_owner_deletes_a_style_and_a_moderator_takes_it_out_of_the_server(studio: Studio) -> None:
    await run(studio.ada, studio.channel, "styles save", style="photo", words="a photo of {prompt}", share=True)
    assert "is <@" in await run(studio.bob, studio.channel, "styles delete", style="photo")
    assert "Manage Server" in await run(studio.bob, studio.channel, "styles share", style="photo", on=False)
    assert "built in" in await run(studio.bob, studio.channel, "styles delete", style="oil")
    role = studio.guild.create_role("moderator", permissions=int(Permissions.MANAGE_GUILD))
    eve = studio.guild.add_member("eve", roles=(role,))
    assert "no longer shared" in await run(eve, studio.channel, "styles share", style="photo", on=False)
    assert "There is no style" in await run(studio.bob, studio.channel, "styles delete", style="photo")
    assert await run(studio.ada, studio.channel, "styles delete", style="photo") == "Deleted: photo"
    assert "There is no style" in await run(studio.ada, studio.channel, "imagine", prompt="a car", style="photo")


async def test_a_style_needs_a_name_that_can_be_typed(studio: Studio) -> None:
    assert "name of letters" in await run(studio.ada, studio.channel, "styles save", style="!!", words="x")
