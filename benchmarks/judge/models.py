"""Define the judge's models: plain residual convolutions for pictures, a recurrent reader for words."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

SIZE: Final = 64  # side in pixels of what the classifier and the ranker see
STYLE_SIZE: Final = 128  # side of what the style reader sees, because strokes and hard edges are lost at SIZE
LAST: Final = 96  # channels of the last map
FEATURES: Final = 192
EMBEDDING: Final = 128
UNKNOWN: Final = 0  # row of a word outside the vocabulary


class Block(nn.Module):
    """Two 3 × 3 convolutions with a skip connection."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outside), nn.BatchNorm2d(outside)])
        same = inside == outside and stride == 1
        self.around: nn.Module = nn.Identity() if same else nn.Conv2d(inside, outside, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.norms[0](self.first(x)))
        return F.relu(self.norms[1](self.second(h)) + self.around(x))


class Tower(nn.Module):
    """Pictures (n, 3, SIZE, SIZE) in [0, 1] to features (n, FEATURES).

    The last map is read cell by cell, not averaged, to know where things are.
    """

    def __init__(self) -> None:
        super().__init__()
        stem = (nn.Conv2d(3, 32, 5, 2, 2, bias=False), nn.BatchNorm2d(32), nn.ReLU())
        self.body = nn.Sequential(*stem, Block(32, 64, 2), Block(64, 128, 2), Block(128, LAST, 2))
        self.features = nn.Sequential(
            nn.Linear(LAST * (SIZE // 16) ** 2, FEATURES), nn.BatchNorm1d(FEATURES), nn.ReLU()
        )
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, images: Tensor) -> Tensor:
        x = self.body(((images - 0.5) / 0.25).to(memory_format=torch.channels_last))
        features: Tensor = self.features(x.flatten(1))
        return features


class Heads(nn.Module):
    """Score every value of every attribute by one linear layer."""

    def __init__(self, width: int, sizes: Mapping[str, int]) -> None:
        super().__init__()
        self.sizes = dict(sizes)
        self.linear = nn.Linear(width, sum(sizes.values()))

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        parts = self.linear(features).float().split(list(self.sizes.values()), dim=1)
        return dict(zip(self.sizes, parts, strict=True))


class Classifier(nn.Module):
    """Pictures to scores (n, values) by attribute; ``sizes`` is how many values each attribute has."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        super().__init__()
        self.tower = Tower()
        self.heads = Heads(FEATURES, sizes)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        scores: dict[str, Tensor] = self.heads(self.tower(images))
        return scores


class StyleReader(nn.Module):
    """Pictures (n, 3, STYLE_SIZE, STYLE_SIZE) in [0, 1] to scores (n, styles).

    A style is in the strokes, not in what they show. So the model reads how much neighbouring pixels differ in cells of
    8 px, by the cells' mean and maximum.
    """

    def __init__(self, styles: int) -> None:
        super().__init__()
        cells = (nn.Conv2d(5, 48, 8, 8, bias=False), nn.BatchNorm2d(48), nn.ReLU())
        around = (nn.Conv2d(48, 48, 3, 1, 1, bias=False), nn.BatchNorm2d(48), nn.ReLU())
        self.body = nn.Sequential(*cells, *around)
        self.linear = nn.Linear(2 * 48, styles)

    def forward(self, images: Tensor) -> Tensor:
        across = F.pad((images[..., 1:] - images[..., :-1]).abs().mean(1, keepdim=True), (0, 1))
        down = F.pad((images[..., 1:, :] - images[..., :-1, :]).abs().mean(1, keepdim=True), (0, 0, 0, 1))
        steps = (torch.cat([across, down], dim=1) + 1e-4).sqrt()
        x = self.body(torch.cat([(images - 0.5) / 0.25, 4 * steps], dim=1))
        scores: Tensor = self.linear(torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1))
        return scores


class Ranker(nn.Module):
    """A CLIP of another family: a residual tower for pictures, and a two-way GRU over whole words."""

    def __init__(self, words: Sequence[str], read: int = 96) -> None:
        super().__init__()
        self.words = tuple(words)
        self.rows = {word: row for row, word in enumerate(words, start=1)}
        self.tower = Tower()
        self.look = nn.Linear(FEATURES, EMBEDDING)
        self.embed = nn.Embedding(len(words) + 1, 64)
        self.reader = nn.GRU(64, read, batch_first=True, bidirectional=True)
        self.say = nn.Linear(2 * read, EMBEDDING)
        self.scale = nn.Parameter(torch.tensor(2.5))

    def tokenize(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return rows of the vocabulary (n, longest), padded with UNKNOWN, and the length of each text (n,)."""
        rows = [[self.rows.get(word, UNKNOWN) for word in split(text)] or [UNKNOWN] for text in texts]
        lengths = torch.tensor([len(row) for row in rows])
        tokens = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
        for i, row in enumerate(rows):
            tokens[i, : len(row)] = torch.tensor(row)
        return tokens, lengths

    def image_vectors(self, images: Tensor) -> Tensor:
        """Return vectors (n, EMBEDDING), not normalised."""
        vectors: Tensor = self.look(self.tower(images))
        return vectors.float()

    def text_vectors(self, texts: Sequence[str]) -> Tensor:
        """Return vectors (n, EMBEDDING), not normalised."""
        tokens, lengths = self.tokenize(texts)
        packed = pack_padded_sequence(self.embed(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, last = self.reader(packed)
        vectors: Tensor = self.say(torch.cat([last[0], last[1]], dim=1))
        return vectors


def split(text: str) -> list[str]:
    """Split a text into lower-case words; commas and bars count as words."""
    return re.findall(r"[a-z0-9]+|[,|]", text.lower())
