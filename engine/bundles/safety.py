"""Check whether a picture looks unsafe: the perceptors compare it with phrases, as in zero-shot classification.

If a bundle's perceptors lack the words for it, the bundle states no phrases and its pictures are not checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.perceptor import Perceptor


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """Phrases for unsafe pictures and neutral phrases for all others; both or neither."""

    unsafe: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.unsafe) != bool(self.neutral):
            raise ValueError("a check needs both unsafe and neutral phrases")


class Check:
    """The phrases as the perceptors read them."""

    def __init__(self, perceptors: Sequence[Perceptor], settings: CheckSettings) -> None:
        """Raises :class:`ValueError` for a phrase with a word that a perceptor does not know."""
        phrases = (*settings.unsafe, *settings.neutral)
        for perceptor in perceptors:
            for phrase in phrases:
                if unknown := [word for word in phrase.split() if not perceptor.reads(word)]:
                    raise ValueError(f"its perceptors do not know “{unknown[0]}”, which the check's phrases have")
        self._perceptors = tuple(perceptors)
        self._many = len(settings.unsafe)
        with torch.no_grad():
            self._texts = [perceptor.embed_text(phrases) for perceptor in perceptors]

    @torch.no_grad()
    def score(self, image: Tensor) -> Tensor:
        """Return the share of the unsafe phrases, a scalar from 0 to 1, in ``image`` (1, 3, H, W) in [0, 1].

        The share is a softmax over all phrases at the perceptor's own temperature, averaged over the perceptors. Of
        the whole picture and its quarters, the highest share counts.
        """
        shares = torch.stack([self._shares(image, *pair) for pair in zip(self._perceptors, self._texts, strict=True)])
        return shares.mean(0).max()

    def _shares(self, image: Tensor, perceptor: Perceptor, texts: Tensor) -> Tensor:
        """Return the share in each view, (5,)."""
        seen = perceptor.embed_images(views(image, perceptor.input_size))
        return F.softmax(perceptor.scale * seen @ texts.T, dim=-1)[:, : self._many].sum(-1)


def views(image: Tensor, size: int) -> Tensor:
    """Return the picture and its four quarters, each made square, (5, 3, size, size)."""
    height, width = image.shape[-2:]
    top, bottom = image[..., : height // 2, :], image[..., height // 2 :, :]
    quarters = [part for half in (top, bottom) for part in (half[..., : width // 2], half[..., width // 2 :])]
    scaled = [
        F.interpolate(part, (size, size), mode="bilinear", antialias=True, align_corners=False)
        for part in (image, *quarters)
    ]
    return torch.cat(scaled)
