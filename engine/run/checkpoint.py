"""Checkpoints: a run as bytes, with everything that a step changes and what it belongs to."""

import io
from typing import Any

import torch

from engine.messages import Spec, SpecError, defaults
from engine.run.descent import Descent

VERSION = 1
_FIRST_FIELDS = (
    "prompt", "bundle", "width", "height", "iterations", "seed", "strength", "learning_rate", "cutouts", "precision",
    "threads",
)  # fmt: skip
"""The fields of a spec at the time when checkpoints held its ``repr``."""


def save(run: Descent) -> bytes:
    """Return all that :func:`restore` needs to let ``run`` go on bit for bit (on the CPU)."""
    run.settle()
    state = {
        "version": VERSION,
        "spec": _plain(run.spec),
        "weights_hash": run.bundle.weights_hash,
        "iteration": run.iteration,
        "loss": run.loss,
        "z": run.z.detach().cpu(),
        "editing": run.editing,
        "masked": run.masked is not None,
        "refined": None if run.refined is None else run.refined.cpu(),
        "rest": None if run.rest is None else run.rest.cpu(),
        "optimiser": _optimiser(run),
        "adam": run.optimiser.state_dict(),
        "average": None if run.average is None or run.average.value is None else run.average.value.cpu(),
        "plateau": (run.plateau.smoothed, run.plateau.best, run.plateau.since),
        "rng": run.rng.get_state(),
        "words_seed": None if run.read_as is None else run.words_seed,
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def restore(run: Descent, checkpoint: bytes, *, branch: bool = False) -> None:
    """Let ``run``, just begun, go on from ``checkpoint`` of its own spec or, for a ``branch``, of another spec.

    A branch takes over the iteration, z and, if it has the same optimiser, the moments. It keeps its own place for z
    to rest, and its own random numbers if it has another seed.

    Raises :class:`SpecError` if the checkpoint is damaged or does not fit.
    """
    state = load(checkpoint)
    if state["z"].shape[2:] == run.cells:
        run.refine()
    _check(run, state, branch)
    run.iteration, run.loss = state["iteration"], state["loss"]
    run.read = run.iteration
    with torch.no_grad():
        run.z.copy_(state["z"])
    if state.get("optimiser", _optimiser(run)) == _optimiser(run):
        _restore_moments(run, state["adam"])
    if run.average is not None and (average := state.get("average")) is not None:
        run.average.value = average.to(run.bundle.device)
    if not branch:
        _restore_ends(run, state)
    if not branch or run.spec.seed == state["spec"]["seed"]:
        run.rng.set_state(state["rng"])


def _check(run: Descent, state: dict[str, Any], branch: bool) -> None:
    belongs = isinstance(state["spec"], dict) if branch else _same(run.spec, state["spec"])
    if state["weights_hash"] != run.bundle.weights_hash or not belongs:
        raise SpecError("That checkpoint belongs to another job or to other weights. Start the job again.")
    if not branch and state.get("editing", run.editing) != run.editing:
        raise SpecError("That checkpoint is of an edit: its init image is needed again.")
    if not branch and state.get("masked", run.masked is not None) != (run.masked is not None):
        raise SpecError("That checkpoint is of a masked edit: its mask is needed again.")
    if state["z"].shape != run.z.shape:
        raise SpecError(
            "That checkpoint is of another size. A branch keeps the width and height of its run, and coarse as long as "
            "that paints at half its size."
        )
    if state["iteration"] > run.spec.iterations:
        raise SpecError(f"iterations must be at least {state['iteration']}, which the checkpoint has already.")


def _optimiser(run: Descent) -> str:
    return type(run.optimiser).__name__


def _restore_moments(run: Descent, moments: dict[str, Any]) -> None:
    """Take over the optimiser's moments but not its learning rate, which is the run's own."""
    rates = [group["lr"] for group in run.optimiser.param_groups]
    run.optimiser.load_state_dict(moments)
    for group, rate in zip(run.optimiser.param_groups, rates, strict=True):
        group["lr"] = rate


def _restore_ends(run: Descent, state: dict[str, Any]) -> None:
    """Take over what z rests at and the plateau. A run that asks for more iterations starts a new plateau."""
    if "plateau" in state:
        run.plateau.smoothed, run.plateau.best, run.plateau.since = state["plateau"]
    stored = state["spec"]
    if run.plateaued and isinstance(stored, dict) and run.spec.iterations != stored["iterations"]:
        run.plateau.reset()
    run.rest = None if state["rest"] is None else state["rest"].to(run.bundle.device)
    if state.get("refined") is not None:
        run.refined = state["refined"].to(run.bundle.device)


def spec(checkpoint: bytes) -> Spec:
    """Return the spec of the run. Raises :class:`SpecError` if the checkpoint cannot be read."""
    stored = load(checkpoint)["spec"]
    if not isinstance(stored, dict):
        raise SpecError("That checkpoint was written by another version. Start the job again.")
    return Spec.from_json(stored)


def words_seed(checkpoint: bytes) -> int | None:
    """Return the seed that drew the words which the run's prompt had left open; None if none were drawn.

    Raises :class:`SpecError`.
    """
    seed: int | None = load(checkpoint).get("words_seed")
    return seed


def load(checkpoint: bytes) -> dict[str, Any]:
    """Return the parts of a checkpoint. Raises :class:`SpecError` if it is damaged or of another version."""
    try:
        state = torch.load(io.BytesIO(checkpoint), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types for damaged bytes
        raise SpecError(
            "That checkpoint cannot be read, because it is damaged or none. Start the job again."
        ) from error
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise SpecError("That checkpoint was written by another version. Start the job again.")
    return state


def _plain(spec: Spec) -> dict[str, Any]:
    """Return the settings without enums, which a checkpoint cannot hold."""
    return {name: str(value) if isinstance(value, str) else value for name, value in spec.to_json().items()}


def _same(spec: Spec, stored: dict[str, Any] | str) -> bool:
    """Return whether ``spec`` is or continues the stored spec; a field that is not stored had its default."""
    if isinstance(stored, dict):
        return Spec.from_json(stored).continued(spec.iterations) == spec.continued(spec.iterations)
    new = [name for name in defaults() if name not in _FIRST_FIELDS]
    first = ", ".join(f"{name}={getattr(spec, name)!r}" for name in _FIRST_FIELDS)
    return stored == f"Spec({first})" and all(getattr(spec, name) == defaults()[name] for name in new)
