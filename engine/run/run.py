"""A run: the execution of one job, which can be saved, continued and painted over."""

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from engine import pictures
from engine.bundles.bundles import Bundle
from engine.messages import Spec
from engine.run import checkpoint, upscale
from engine.run.descent import Descent

PAINTED_OVER = 4 / 255  # a cell counts as painted over from this mean change of its pixels; a JPEG changes less


class Run(Descent):
    """A descent with checkpoints. ``continues`` is the checkpoint that :meth:`resume` will get, if there is one.

    Raises as :class:`Descent`, and :class:`engine.messages.SpecError` if ``continues`` is damaged.
    """

    def __init__(
        self,
        spec: Spec,
        bundle: Bundle,
        init_image: bytes | None = None,
        image_prompts: Sequence[bytes] = (),
        mask: bytes | None = None,
        *,
        continues: bytes | None = None,
    ) -> None:
        words_seed = spec.seed if continues is None else checkpoint.words_seed(continues)
        super().__init__(spec, bundle, init_image, image_prompts, mask, words_seed=words_seed)

    def checkpoint(self) -> bytes:
        """Return all that :meth:`resume` needs to go on bit for bit (on the CPU)."""
        return checkpoint.save(self)

    def resume(self, state: bytes, *, branch: bool = False) -> None:
        """Go on from a checkpoint of this spec or, for a ``branch``, of another spec of the same size.

        Raises :class:`engine.messages.SpecError` if it does not belong here.
        """
        checkpoint.restore(self, state, branch=branch)

    @torch.no_grad()
    def paint_over(self, painted: bytes) -> None:
        """Go on from ``painted``, the present picture with something painted over it (paper appendix C).

        z is encoded anew in the cells whose pixels changed, and the latent penalty then rests there. A run at half
        size goes to the whole size first, because what was painted has details. Raises :class:`ValueError` if
        ``painted`` is not a picture.
        """
        image = pictures.decode(painted, self.spec.width, self.spec.height).to(self.bundle.device)
        change = (image - self.picture()).abs().mean(1, keepdim=True)
        changed = F.avg_pool2d(change, self.generator.f) > PAINTED_OVER
        if self.masked is not None:
            changed = changed & self.masked.free
        self.plateau.reset()
        if not changed.any():
            return
        self.refine()
        z = self.generator.encode(image)
        p = self.latent.begin(z, self.bundle.generator)
        self.z.copy_(torch.where(changed, p, self.z))
        if self.average is not None and self.average.value is not None:
            self.average.value = torch.where(changed, p, self.average.value)
        if self.rest is not None:
            self.rest = torch.where(changed, z, self.rest)
        if self.refined is not None:
            self.refined = upscale.repainted(self.refined, image, changed)
        if self.z in self.optimiser.state:
            moments = self.optimiser.state[self.z]["exp_avg"]
            moments.masked_fill_(changed, 0)  # it pointed away from what is not there any more
