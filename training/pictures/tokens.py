"""Turn captions into the rows of a reduced vocabulary of byte-pair tokens."""

import random
from collections.abc import Iterable, Sequence
from typing import Final

import torch
from torch import Tensor

from engine.models import upstream
from engine.models.clip import END, START
from training.pictures.corpus import Corpus

CONTEXT: Final = 32  # tokens that a model reads, start and end included


def vocabulary(source: Corpus, rows: int = 40_000) -> Tensor:
    """Return the sorted ids of all tokens in the captions of the first `rows`, with start and end; (V,)."""
    rng = random.Random(0)
    rows = min(rows, len(source.pixels))
    return token_ids(text for row in range(rows) for text in source.describe([row], rng).texts)


def token_ids(texts: Iterable[str]) -> Tensor:
    """Return the sorted ids of all byte-pair tokens in `texts`, with start and end; (V,)."""
    encode = upstream.clip_tokenizer().encode
    words = {word for text in texts for word in split(text)}
    return torch.tensor(sorted({token for word in words for token in encode(word)} | {START, END}))


def split(text: str) -> list[str]:
    """Split a caption into the pieces that are encoded one by one."""
    return text.replace(",", " ,").split()


class Tokens:
    """Turn captions into rows of the reduced vocabulary, with a cache of words."""

    def __init__(self, ids: Tensor) -> None:
        self.rows = {int(token): row for row, token in enumerate(ids)}
        self.cache: dict[str, list[int]] = {}

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Return the rows of n captions, (n, CONTEXT). Raises KeyError for a word outside the vocabulary."""
        tokens = torch.zeros(len(texts), CONTEXT, dtype=torch.long)
        for i, text in enumerate(texts):
            rows = [self.rows[START], *(row for word in split(text) for row in self._rows(word)), self.rows[END]]
            tokens[i, : len(rows)] = torch.tensor(rows)
        return tokens

    def _rows(self, word: str) -> list[int]:
        if word not in self.cache:
            self.cache[word] = [self.rows[token] for token in upstream.clip_tokenizer().encode(word)]
        return self.cache[word]
