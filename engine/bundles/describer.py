"""Describe a picture: the perceptors compare it with the phrases of a phrasebook, as in zero-shot classification.

A first look compares a few kinds of phrases at a time and keeps their embeddings. Small perceptors, trained on whole
captions, read single phrases worse. So a phrasebook may ask for each kind again within the best sentence so far, which
is a coordinate ascent over its sentences.
"""

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

BATCH = 64  # texts that a perceptor reads at once
NAMED = 3  # phrases of each kind in a description
NOTHING_TO_SAY = "These models know too few words to describe a picture. Choose another bundle."


@dataclass(frozen=True, slots=True)
class _Look:
    """A template, filled in with every combination of phrases."""

    kinds: tuple[str, ...]
    sizes: tuple[int, ...]  # the number of phrases of each kind
    texts: list[Tensor]  # per perceptor, (combinations, d)


@dataclass(slots=True)
class _View:
    """One picture and what was found of it so far."""

    seen: list[Tensor]  # per perceptor, the picture's unit vector (1, d)
    best: dict[str, str]  # the best phrase of each kind
    shares: dict[str, Tensor]  # the probabilities of each kind's phrases, (n,)
    logits: dict[str, float]  # of the sentences that were tried


class Describer:
    """A bundle's perceptors with the part of a phrasebook that all of them can read; their ``weights`` sum to 1."""

    def __init__(self, perceptors: Sequence[Perceptor], weights: Sequence[float], book: Phrasebook) -> None:
        used = [(perceptor, weight) for perceptor, weight in zip(perceptors, weights, strict=True) if weight]
        self._perceptors = [perceptor for perceptor, _ in used]
        self._scales = [weight * perceptor.scale for perceptor, weight in used]
        self._book = book.known_to(lambda phrase: all(perceptor.reads(phrase) for perceptor in perceptors))

    @property
    def has_words(self) -> bool:
        """Return whether the models can read enough of the phrasebook to describe anything."""
        return bool(self._book.looks and self._book.sentences)

    @torch.no_grad()
    def describe(self, image: Image.Image) -> Description:
        """Return the most probable phrases of each kind, and a sentence of the best ones, which is a prompt.

        A probability is the softmax within a kind over the perceptors' weighted logits, each at its own temperature.
        Raises :class:`ValueError` if the models can read none of the phrases.
        """
        if not self.has_words:
            raise ValueError(NOTHING_TO_SAY)
        book = self._book
        view = self._first_look(image)
        segments = book.sentences[0]
        for _ in range(book.rounds):
            segments = self._best_sentence(view)
            for kind in reversed(_order(segments)):  # the thing itself comes last, when all around it is known
                self._ask_again(view, segments, kind)
        return self._told(view, segments)

    @cached_property
    @torch.no_grad()
    def _looks(self) -> list[_Look]:
        """Embed the templates at the first picture and keep them."""
        looks = []
        for template in self._book.looks:
            kinds = kinds_of(template)
            phrases = [self._book.kinds[kind] for kind in kinds]
            filled = [dict(zip(kinds, chosen, strict=True)) for chosen in itertools.product(*phrases)]
            texts = self._read([tidied(template.format(**chosen)) for chosen in filled])
            looks.append(_Look(kinds, tuple(map(len, phrases)), texts))
        return looks

    def _read(self, texts: Sequence[str]) -> list[Tensor]:
        """Return unit vectors per perceptor, (len(texts), d)."""
        parts = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
        return [torch.cat([perceptor.embed_text(part) for part in parts]) for perceptor in self._perceptors]

    def _compared(self, seen: Sequence[Tensor], texts: Sequence[Tensor]) -> Tensor:
        """Return the averaged logits, (m,)."""
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
        """Find which of the likeliest phrases of ``kind`` makes the best sentence with the other kinds as they are."""
        phrases = self._book.kinds[kind]
        likely = list(range(len(phrases)))
        if kind in view.shares:
            likely = view.shares[kind].topk(min(self._book.candidates, len(phrases))).indices.tolist()
        tried = self._tried(view, [self._book.say(segments, {**view.best, kind: phrases[i]}) for i in likely])
        shares = torch.zeros(len(phrases))
        shares[likely] = tried.softmax(0)
        view.shares[kind], view.best[kind] = shares, phrases[int(shares.argmax())]

    def _tried(self, view: _View, sentences: Sequence[str]) -> Tensor:
        """Return the logits of the sentences, (len(sentences),)."""
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
    """Return the unit vector (1, d) of the whole picture, made square."""
    square = image.convert("RGB").resize((perceptor.input_size, perceptor.input_size), Image.Resampling.LANCZOS)
    return perceptor.embed_images(pictures.from_image(square).to(perceptor.device))
