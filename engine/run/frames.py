"""Events with pictures, which the sending thread copies from the device and encodes beside the steps."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image
from torch import Tensor

from engine import pictures
from engine.device.transfers import Arriving
from engine.messages import Failure, Progress, RunFailed, RunFinished

log = logging.getLogger(__name__)

NO_PICTURE = "The picture could not be encoded; the engine's log has the details. Try again."


class Shot:
    """One picture (1, 3, H, W) in [0, 1] on its way from the device."""

    def __init__(self, picture: Tensor) -> None:
        self._pixels = Arriving(pictures.to_pixels(picture))

    def image(self) -> Image.Image:
        """Wait for the picture and return it."""
        return Image.fromarray(self._pixels.get().numpy())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """An event whose picture, film and scores are still under way."""

    event: Progress | RunFinished
    shot: Shot
    scores: Mapping[str, Arriving] = field(default_factory=dict)
    film: bytes | None = None

    def complete(self) -> Progress | RunFinished | RunFailed:
        """Return the whole event. A frame that cannot be encoded is left out; a finished picture fails the run."""
        try:
            late: dict[str, Any] = {name: float(score.get()) for name, score in self.scores.items()}
            if self.film is not None:
                late["film"] = self.film
            return replace(self.event, image=pictures.png(self.shot.image()), **late)
        except Exception:
            log.exception("job %d: a picture could not be encoded", self.event.job_id)
            if isinstance(self.event, Progress):
                return self.event
            return RunFailed(job_id=self.event.job_id, reason=Failure.INTERNAL, detail=NO_PICTURE)
