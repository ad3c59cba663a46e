"""What a picture shows, in phrases: the perceptors compare it with a phrasebook, as CLIP classifies without training.

A first look asks a few kinds at a time and keeps the embeddings of all that it asks. Small perceptors that were
trained on whole captions read single phrases worse, so a phrasebook may have each kind asked once more within the best
sentence so far: coordinate ascent over the sentences that it can make.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from PIL import Image
from torch import Tensor

from engine import pictures
from engine.bundles.phrasebook import Phrasebook, Segments, kinds_of, tidied
from engine.messages import Description, PhraseKind
from engine.models.perceptor import Perceptor

BATCH = 64
"""Texts that a perceptor reads at once."""
NAMED = 3
"""Phrases that are told of each kind."""
NOTHING_TO_SAY = "These models know too few words to describe a picture. Choose another bundle."


@dataclass(frozen=True, slots=True)
class _Look:
    """A template with all that fills it in: ``sizes`` are the numbers of phrases of its ``kinds``."""

    kinds: tuple[str, ...]
    sizes: tuple[int, ...]
    texts: list[Tensor]  # per perceptor, (combinations, d)


@dataclass(slots=True)
class _View:
    """One picture: its unit vectors (1, d) per perceptor, and what was found so far.

    ``best`` is a phrase of each kind, ``shares`` the probability of each of its phrases, (n,). ``logits`` are those
    of the sentences that were already tried.
    """

    seen: list[Tensor]
    best: dict[str, str]
    shares: dict[str, Tensor]
    logits: dict[str, float]


class Describer:
    """A bundle's perceptors, by ``weights`` that sum to 1, with the part of a phrasebook that all of them can read."""

    def __init__(self, perceptors: Sequence[Perceptor], weights: Sequence[float], book: Phrasebook) -> None:
        used = [(perceptor, weight) for perceptor, weight in zip(perceptors, weights, strict=True) if weight]
        self._perceptors = [perceptor for perceptor, _ in used]
        self._scales = [weight * perceptor.scale for perceptor, weight in used]
        self._book = book.known_to(lambda phrase: all(perceptor.reads(phrase) for perceptor in perceptors))

    @property
    def has_words(self) -> bool:
        """Whether the models can read enough of the phrasebook to describe anything."""
        return bool(self._book.looks and self._book.sentences)

    @torch.no_grad()
    def describe(self, image: Image.Image) -> Description:
        """The most probable phrases of each kind, and a sentence of the best, which is a prompt.

        A probability is the softmax within a kind at the perceptors' own temperatures; their logits are averaged by
        their weights, as a run's losses are. Raises :class:`ValueError` when the models can read none of the phrases.
        """
        if not self.has_words:
            raise ValueError(NOTHING_TO_SAY)
        book = self._book
        view = self._first_look(image)
        segments = book.sentences[0]
        for _ in range(book.rounds):
            segments = self._best_sentence(view)
            for kind in reversed(_order(segments)):  # last the thing itself, when all around it is known
                self._ask_again(view, segments, kind)
        return self._told(view, segments)

    @cached_property
    @torch.no_grad()
    def _looks(self) -> list[_Look]:
        """Embedded at the first picture and kept."""
        looks = []
        for template in self._book.looks:
            kinds = kinds_of(template)
            phrases = [self._book.kinds[kind] for kind in kinds]
            filled = [dict(zip(kinds, chosen, strict=True)) for chosen in itertools.product(*phrases)]
            texts = self._read([tidied(template.format(**chosen)) for chosen in filled])
            looks.append(_Look(kinds, tuple(map(len, phrases)), texts))
        return looks

    def _read(self, texts: Sequence[str]) -> list[Tensor]:
        """Unit vectors per perceptor, (len(texts), d)."""
        parts = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
        return [torch.cat([perceptor.embed_text(part) for part in parts]) for perceptor in self._perceptors]

    def _compared(self, seen: Sequence[Tensor], texts: Sequence[Tensor]) -> Tensor:
        """The averaged logits, (m,)."""
        pairs = zip(self._scales, seen, texts, strict=True)
        return torch.stack([scale * (image @ text.T)[0] for scale, image, text in pairs]).sum(0)

    def _first_look(self, image: Image.Image) -> _View:
        view = _View(seen=[_seen(perceptor, image) for perceptor in self._perceptors], best={}, shares={}, logits={})
        view.best = {kind: phrases[0] for kind, phrases in self._book.kinds.items()}
        for look in self._looks:
            shares = self._compared(view.seen, look.texts).softmax(0).view(look.sizes)
            for axis, kind in enumerate(look.kinds):
                others = [other for other in range(len(look.kinds)) if other != axis]
                view.shares[kind] = shares.sum(others) if others else shares
                view.best[kind] = self._book.kinds[kind][int(view.shares[kind].argmax())]
        return view

    def _best_sentence(self, view: _View) -> Segments:
        sentences = self._book.sentences
        tried = self._tried(view, [self._book.say(segments, view.best) for segments in sentences])
        return sentences[int(tried.argmax())]

    def _ask_again(self, view: _View, segments: Segments, kind: str) -> None:
        """Which of the likeliest phrases of ``kind`` makes the best sentence with the rest as it is."""
        phrases = self._book.kinds[kind]
        likely = list(range(len(phrases)))
        if kind in view.shares:
            likely = view.shares[kind].topk(min(self._book.candidates, len(phrases))).indices.tolist()
        tried = self._tried(view, [self._book.say(segments, {**view.best, kind: phrases[i]}) for i in likely])
        shares = torch.zeros(len(phrases))
        shares[likely] = tried.softmax(0)
        view.shares[kind], view.best[kind] = shares, phrases[int(shares.argmax())]

    def _tried(self, view: _View, sentences: Sequence[str]) -> Tensor:
        """Logits of the sentences, (len(sentences),)."""
        if new := [sentence for sentence in dict.fromkeys(sentences) if sentence not in view.logits]:
            view.logits.update(zip(new, self._compared(view.seen, self._read(new)).tolist(), strict=True))
        return torch.tensor([view.logits[sentence] for sentence in sentences])

    def _told(self, view: _View, segments: Segments) -> Description:
        order = _order(segments)
        sure = {kind: i == 0 or float(view.shares[kind].max()) >= self._book.least for i, kind in enumerate(order)}
        sentence = self._book.say(segments, {kind: view.best[kind] if sure[kind] else "" for kind in order})
        hidden = self._book.hidden({kind: view.best[kind] for kind in order})
        kinds = [kind for kind in order if view.best[kind] and kind not in hidden]
        return Description(sentence=sentence, kinds=tuple(self._ranked(kind, view.shares[kind]) for kind in kinds))

    def _ranked(self, kind: str, shares: Tensor) -> PhraseKind:
        phrases = self._book.kinds[kind]
        best = shares.topk(min(NAMED, len(phrases)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return PhraseKind(
            name=kind, phrases=tuple((phrases[i], share) for i, share in pairs if phrases[i] and share > 0)
        )


def _order(segments: Segments) -> list[str]:
    return [kind for segment in segments for kind in kinds_of(segment)]


def _seen(perceptor: Perceptor, image: Image.Image) -> Tensor:
    """The unit vector (1, d) of all of the picture, made square."""
    square = image.convert("RGB").resize((perceptor.input_size, perceptor.input_size), Image.Resampling.LANCZOS)
    return perceptor.embed_images(pictures.from_image(square).to(perceptor.device))
