"""Say what /help and /about say."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.texts.numbers import counted
from engine.messages import BundleInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPage:
    """``picture`` is the name of one that ships with the bot, and ``shows`` says what is on it."""

    title: str
    text: str
    picture: str
    shows: str


PAGES = (
    HelpPage(
        title="Painting",
        text=(
            "`/imagine prompt: a yellow bus` opens a thread and paints there. **Stop and keep** ends early with the "
            "picture as it is, **Cancel** drops it.\n"
            "A prompt can have parts with weights: `a red car | fog:0.5 | rain:-0.5`.\n"
            "`count: 4` paints four at once, each with a seed of its own; `/grid` one prompt in several styles or by "
            "several seeds, on one sheet."
        ),
        picture="help-painting",
        shows="A yellow bus, a red boat at sunset, a pink flower and a red house, as painted",
    ),
    HelpPage(
        title="Editing",
        text=(
            "Reply to a picture with `.edit a blue car on a road`, or use `/edit` with a picture attached; without one "
            "it takes the newest here.\n"
            "`strength` from 0 (keep it) to 1 (free of it). Settings can follow the words: "
            "`.edit a blue car, strength 0.8, seed 7`.\n"
            '`replace "the dog" with "a fox"` paints only where the dog is. `/edit mask:` takes a picture that '
            "is white where to paint, `image_prompt:` one to be guided by; to a reply attach them, the mask as "
            "`mask.png`."
        ),
        picture="help-editing",
        shows="A red car on a road, and the same car edited to be blue",
    ),
    HelpPage(
        title="Styles",
        text=(
            "`/imagine style: watercolor`, or in words `--style watercolor`. `/styles list` shows them with a picture "
            "of each, `/styles save` makes one: words with `{prompt}` where the prompt goes.\n"
            "`/settings mine` keeps a style, a size and more for all your pictures."
        ),
        picture="help-styles",
        shows="A house as watercolor, oil painting, charcoal drawing and pixel art",
    ),
    HelpPage(
        title="Your pictures",
        text=(
            "The buttons under a picture paint it again, otherwise, larger or on from where it ended, and show its "
            "timelapse; ✉️ as a reaction sends it to you.\n"
            "`/queue` says when your turn comes, `/cancel` takes a picture out of the line.\n"
            "`/history` lists your pictures and searches them, `/show` has the recipe of one, and so has "
            "*Apps → Show recipe* on any message. The part of a recipe before the bracket can be given again.\n"
            "`/describe` and *Apps → Describe picture* say what a picture shows."
        ),
        picture="help-pictures",
        shows="A red circle, a blue star, a pink heart and three violet hearts, as painted",
    ),
)


def about(version: str, engines: Sequence[str], bundles: Sequence[BundleInfo], guilds: int) -> str:
    """Return the version, the models and what each engine runs on, "" while it is down or loads them."""
    models = [
        f"- **{info.name}**: {info.title} (weights `{info.weights_hash}`); "
        f"{'checks pictures before it shows them' if info.checks else 'cannot tell unsafe pictures'}"
        for info in bundles
    ]
    up = Counter(device for device in engines if device)
    where = f" on {' and '.join(f'{n} × {device}' if n > 1 else device for device, n in up.items())}" if up else ""
    down = [f"{engines.count('')} of my {len(engines)} engines is being started."] if up and "" in engines else []
    servers = counted(guilds, "server", "servers")
    return "\n".join(
        [
            f"**Faraday {version}** paints and edits pictures with VQGAN-CLIP (Crowson et al. 2022){where}, "
            f"on {servers}.",
            *(models or ["My models are still being loaded."]),
            *down,
            "-# /help shows how.",
        ]
    )
