"""Train a CLIP that knows the things: first its picture tower as a plain classifier, then both by the contrast."""

import random
from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.architecture import MEAN, STD
from training.models.clip import augment, build, contrast, encode_text
from training.models.loop import DEVICE, Training, autocast, follow
from training.picturebook.words import GROUNDS, WEATHERS
from training.pictures.tokens import Tokens, token_ids
from training.things import told
from training.things.scenes import COLOURS, MOST, UNKNOWN, Book, SceneBatch

SEED: Final = 2_100_000
SIZES: Final[Mapping[str, Any]] = {
    "embed_dim": 192, "transformer_width": 128, "transformer_heads": 4, "transformer_layers": 3,
    "vision_layers": (2, 2, 2, 2), "vision_width": 32, "vision_patch_size": None,
}  # fmt: skip
ANSWERS: Final = {"colour": len(COLOURS), "count": MOST, "weather": len(WEATHERS), "ground": len(GROUNDS)}
_CLASSES_PART: Final = 0.6  # the first part of the time, without the contrast


class ThingHeads(nn.Module):
    """Read the things and the other answers from the picture tower's vectors as they are, in training only."""

    def __init__(self, width: int, things: int) -> None:
        super().__init__()
        self.things = nn.Linear(width, things)
        self.others = nn.ModuleDict({name: nn.Linear(width, size) for name, size in ANSWERS.items()})

    def forward(self, vectors: Tensor, scenes: SceneBatch) -> Tensor:
        """Return the cross-entropy of the things, shared among those shown, and of each answer that is known."""
        shares = (scenes.things / scenes.things.sum(1, keepdim=True)).to(vectors.device)
        loss = F.cross_entropy(self.things(vectors), shares)
        for name, head in self.others.items():
            wanted: Tensor = getattr(scenes, name).to(vectors.device)
            if (wanted != UNKNOWN).any():
                loss = loss + 0.3 * F.cross_entropy(head(vectors), wanted, ignore_index=UNKNOWN)
        return loss


class ThingsTraining(Training):
    """Train the CLIP on scenes that are composed anew for each step; the weights' moving average is shipped."""

    model: Any  # openai-clip's class, which has no annotations
    parts = ("model", "heads", "optimiser")
    rate = 1e-3

    def __init__(self, book: Book, *, batch: int = 96) -> None:
        torch.manual_seed(SEED)
        self.book, self.batch = book, batch
        self.ids = token_ids(told.every_text())
        self.tokens = Tokens(self.ids)
        self.model = build(SIZES, len(self.ids)).to(DEVICE, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.heads = ThingHeads(SIZES["embed_dim"], len(book.known)).to(DEVICE)
        self.average = {name: weight.clone() for name, weight in self.model.state_dict().items()}
        weights = [*self.model.parameters(), *self.heads.parameters()]
        self.optimiser = torch.optim.AdamW(weights, lr=self.rate, betas=(0.9, 0.98), weight_decay=0.05)
        self.mean, self.std = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))

    def step(self, number: int, progress: float) -> dict[str, float]:
        rng = random.Random(SEED + number)
        scenes = self.book.compose(self.batch, rng)
        images = augment(scenes.images, torch.Generator().manual_seed(SEED + number), min(0.8, 3 * progress))
        with autocast():
            normed = ((images - self.mean) / self.std).to(DEVICE, memory_format=torch.channels_last)
            vectors = self.model.encode_image(normed)
        vectors = vectors.float()
        loss, numbers = self.heads(vectors, scenes), dict[str, float]()
        if progress >= _CLASSES_PART:
            contrasted, right = self._contrast(vectors, scenes, rng)
            loss, numbers = loss + contrasted, {"right": right}
        self.descend(loss, progress)
        with torch.no_grad():
            self.model.logit_scale.clamp_(max=4.6)
            hit = scenes.things.gather(1, self.heads.things(vectors).argmax(1, keepdim=True).cpu()).mean()
        follow(self.average, self.model, min(0.998, (1 + number) / (10 + number)))
        return {"loss": loss.item(), "thing": hit.item(), **numbers}

    def _contrast(self, vectors: Tensor, scenes: SceneBatch, rng: random.Random) -> tuple[Tensor, float]:
        captions = [told.told(scene, rng) for scene in scenes.shown]
        true = told.truths(captions, scenes.shown).to(DEVICE)
        with autocast():
            said = encode_text(self.model, self.tokens([caption.text for caption in captions]).to(DEVICE))
        seen, said = F.normalize(vectors, dim=-1), F.normalize(said.float(), dim=-1)
        right = true[torch.arange(len(true)), (seen @ said.T).argmax(1)].float().mean().item()
        return contrast(seen, said, self.model.logit_scale.exp(), true), right

    def state(self) -> dict[str, Any]:
        return {
            **super().state(), "average": self.average, "ids": self.ids, "text_heads": SIZES["transformer_heads"],
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.average = dict(state["average"])
