"""Ways to optimise, what keeps z tame, and how a run is stepped and ended."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
import torch
from PIL import Image

from engine import pictures
from engine.bundles.bundles import CHOICES, Bundle
from engine.messages import Event, RunFinished, Spec, SpecError, StartRun
from engine.method import cutouts, latent, losses, optimisers
from engine.method.latent import LATENTS
from engine.method.optimisers import OPTIMISERS, Average, Plateau
from engine.method.schedules import DECAYS, RATES
from engine.models import vqgan
from engine.run import batch
from engine.run.run import Run
from engine.serve.loop import Loop
from tests.conftest import DDCONFIG
from tests.engine.parts import vqgan_of


def changed(spec: Spec, **changes: object) -> Spec:
    return dataclasses.replace(spec, **changes)  # type: ignore[arg-type]


def paint(run: Run) -> torch.Tensor:
    while not run.finished:
        batch.step([run])
    return run.picture()


def photograph() -> bytes:
    pixels = np.random.default_rng(3).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


# Schedules


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none", {1: 0.0, 400: 0.0}),
        ("constant", {1: 1.5, 400: 1.5}),
        ("linear", {1: 1.5, 201: 0.75}),
        ("paper", {1: 1.5, 101: 1.0, 301: 0.0}),
        ("notebook", {1: 1.5, 50: 1.5, 51: 1.2, 101: 0.9, 151: 0.6, 200: 0.6, 201: 0.0, 400: 0.0}),
        ("reciprocal", {1: 1.5, 2: 0.5, 6: 1.5 / 11}),
    ],
)
def test_each_decay_is_what_its_source_says(name: str, expected: dict[int, float]) -> None:
    assert {i: DECAYS[name](1.5, i, 400) for i in expected} == pytest.approx(expected)


def test_the_notebooks_steps_end_early_as_its_own_rounding_makes_them() -> None:
    weight, ours = 1.5, [DECAYS["notebook"](1.5, 50 * k + 1, 400) for k in range(6)]
    theirs = [weight]
    for _ in range(5):
        weight = weight - 0.3 if weight - 0.3 > 0 and weight - 0.3 >= 0.3 else 0.0
        theirs.append(weight)
    assert ours == pytest.approx(theirs)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("constant", {1: 0.2, 100: 0.2}),
        ("step", {75: 0.2, 76: 0.02, 100: 0.02}),
        ("linear", {1: 0.2, 51: 0.1}),
        ("cosine", {1: 0.2, 51: 0.1}),
    ],
)
def test_each_learning_rate_schedule_reaches_the_optimiser(
    spec: Spec, bundle: Bundle, name: str, expected: dict[int, float]
) -> None:
    assert {i: RATES[name](0.2, i, 100) for i in expected} == pytest.approx(expected)
    run = Run(changed(spec, rate_schedule=name), bundle)
    paint(run)
    assert run.optimiser.param_groups[0]["lr"] == pytest.approx(RATES[name](run.rate, 4, 4))


def test_no_schedule_ever_falls_below_zero() -> None:
    for schedule in (*DECAYS.values(), *RATES.values()):
        assert all(schedule(1.5, i, n) >= 0 for n in (1, 7, 400) for i in range(1, n + 1))


# Optimisers, averages, plateaus


@pytest.mark.parametrize("name", OPTIMISERS)
def test_each_optimiser_lowers_the_loss(spec: Spec, bundle: Bundle, name: str) -> None:
    still = changed(spec, height=32, augmentations=(), losses=("l2:0",))  # so that only the optimiser moves the loss
    run = Run(changed(still, optimiser=name, iterations=15, learning_rate=0.02), bundle)
    seen = []
    while not run.finished:
        batch.step([run])
        seen.append(run.loss)
    assert min(seen[5:]) < 0.998 * seen[0]


def test_the_average_is_the_plain_mean_until_its_window_is_full_and_then_forgets() -> None:
    average = Average(0.5)
    for i, value in enumerate((2.0, 4.0, 9.0), 1):
        average.add(torch.tensor([value]), i)
    assert average.value is not None
    assert float(average.value) == pytest.approx((3.0 + 9.0) / 2)  # mean of 2 and 4, then halved towards 9


def test_the_average_of_z_is_what_is_shown(spec: Spec, bundle: Bundle) -> None:
    raw, averaged = Run(spec, bundle), Run(changed(spec, ema=0.99), bundle)
    paint(raw)
    picture = paint(averaged)
    assert torch.equal(raw.z, averaged.z)  # it is shown, and changes nothing else
    assert averaged.average is not None and averaged.average.value is not None
    assert not torch.equal(averaged.average.value, averaged.z)
    z_q = latent.quantize(averaged.average.value, bundle.generator)
    torch.testing.assert_close(picture, bundle.generator.decode(z_q).clamp(0, 1))


def test_a_plateau_is_reached_when_no_loss_is_better_for_long_enough() -> None:
    falling, flat, never = Plateau(3), Plateau(3), Plateau(0)
    for i in range(9):
        falling.add(1.0 - 0.1 * i)
        flat.add(1.0)
        never.add(1.0)
        if i == 2:
            assert not flat.reached
    assert (falling.reached, flat.reached, never.reached) == (False, True, False)


def test_a_run_that_no_longer_improves_ends_early_if_asked_and_says_so(spec: Spec, bundle: Bundle) -> None:
    stuck = changed(spec, iterations=40, learning_rate=1e-6, plateau=3)
    events: list[Event] = []
    loop = Loop({"starter": bundle}, events.append)
    loop.obey(StartRun(job_id=1, spec=stuck))
    while loop.active:
        loop.step()
    final = events[-1]
    assert isinstance(final, RunFinished)
    assert final.plateaued and not final.stopped
    assert 4 <= final.iteration < 40
    assert paint(whole := Run(changed(stuck, plateau=0, iterations=12), bundle)) is not None
    assert whole.iteration == 12 and not whole.plateaued


def test_a_story_does_not_end_before_its_last_phase(spec: Spec, bundle: Bundle) -> None:
    run = Run(changed(spec, prompt="car ^ night", iterations=30, learning_rate=1e-6, plateau=2), bundle)
    paint(run)
    assert run.iteration > 15


@pytest.mark.parametrize("method", LATENTS)
def test_a_resumed_run_with_every_option_ends_bit_for_bit_as_the_unbroken_one(
    spec: Spec, bundle: Bundle, method: str
) -> None:
    full = changed(
        spec, iterations=5, latent=method, ema=0.9, plateau=2, optimiser="nadam", rate_schedule="cosine",
        losses=("l2:0.5:paper", "tv-z:0.1", "tv-picture:1:linear"),
    )  # fmt: skip
    unbroken, broken, resumed = (Run(full, bundle) for _ in range(3))
    expected = paint(unbroken)
    batch.step([broken])
    batch.step([broken])
    resumed.resume(broken.checkpoint())
    assert torch.equal(paint(resumed), expected)
    assert resumed.iteration == unbroken.iteration


# Loss terms


def test_total_variation_counts_neighbours_that_differ() -> None:
    flat, stripes = torch.ones(1, 2, 4, 4), (torch.arange(4) % 2).float().expand(1, 2, 4, 4)
    assert float(losses.total_variation(flat)) == 0.0
    assert float(losses.total_variation(stripes)) == 1.0


@pytest.mark.parametrize("name", ["tv-z", "tv-picture"])
def test_total_variation_smooths(spec: Spec, bundle: Bundle, name: str) -> None:
    free, smooth = (Run(changed(spec, iterations=15, losses=terms), bundle) for terms in ((), (f"{name}:100",)))
    pictures_ = [paint(run) for run in (free, smooth)]
    measured = [run.z.detach() for run in (free, smooth)] if name == "tv-z" else pictures_
    assert float(losses.total_variation(measured[1])) < float(losses.total_variation(measured[0]))


def test_a_named_term_takes_the_place_of_the_bundles_and_an_edits_pull_falls_with_strength(
    spec: Spec, bundle: Bundle
) -> None:
    def weights_of(run: Run) -> dict[str, tuple[float, str]]:
        return {term.name: (term.weight, term.schedule) for term in run.terms}

    own = bundle.entry.regulariser
    assert weights_of(Run(spec, bundle)) == {"l2": (own.weight, own.schedule)}
    assert weights_of(Run(changed(spec, losses=("l2:1.5:notebook",)), bundle)) == {"l2": (1.5, "notebook")}
    assert weights_of(Run(changed(spec, losses=("l2:0",)), bundle)) == {}
    edit = Run(changed(spec, strength=0.2, losses=("pull:0.5:constant",)), bundle, photograph())
    weight, schedule = weights_of(edit)["pull"]
    assert (round(weight, 9), schedule) == (2.0, "constant")
    assert "l2" not in weights_of(Run(changed(spec, latent="codebook"), bundle))


@pytest.mark.parametrize("term", ["l2", "l2:x", "l2:-1", "l2:nan", "l2:1:never", "l3:1", "l2:1:paper:2", "l2:1001"])
def test_a_term_that_is_none_is_refused_with_the_names_and_ranges(spec: Spec, bundle: Bundle, term: str) -> None:
    with pytest.raises(SpecError, match=r"losses is .* must be .*l2.*tv-z.*0 to 1000.*paper"):
        Run(changed(spec, losses=(term,)), bundle)


# Codebook sampling


def test_codebook_sampling_begins_as_the_nearest_codes_with_half_of_the_probability(bundle: Bundle) -> None:
    generator = bundle.generator
    z = generator.undecided(4, 6, torch.Generator().manual_seed(1))
    method = LATENTS["codebook"]
    logits = method.begin(z, generator)
    assert logits.shape == (1, 64, 4, 6)
    torch.testing.assert_close(method.shown(logits, generator), z)
    likeliest = logits.softmax(1).amax(1)
    assert 0.2 < float(likeliest.mean()) < 0.9


def test_codebook_sampling_draws_codes_as_often_as_their_probability(bundle: Bundle) -> None:
    method, generator = LATENTS["codebook"], vqgan_of(bundle)
    logits = torch.full((1, 64, 40, 40), -30.0)
    logits[:, 3], logits[:, 9] = 0.0, torch.tensor(3.0).log()  # ¼ and ¾
    drawn = method.draw(logits, torch.Generator().manual_seed(2))
    codes = generator.nearest_codes(method.z_q(logits, drawn, generator))
    assert set(codes.unique().tolist()) == {3, 9}
    assert float((codes == 9).float().mean()) == pytest.approx(0.75, abs=0.04)


def test_codebook_sampling_passes_the_gradient_through_the_softmax(bundle: Bundle) -> None:
    method, generator = LATENTS["codebook"], vqgan_of(bundle)
    logits = torch.randn(1, 64, 2, 2, requires_grad=True)
    direction = torch.randn(1, 8, 2, 2)
    drawn = method.draw(logits, torch.Generator().manual_seed(2))
    (method.z_q(logits, drawn, generator) * direction).sum().backward()
    soft = logits.detach().requires_grad_()
    (torch.einsum("nkhw,ke->nehw", soft.softmax(1), generator.codebook) * direction).sum().backward()
    assert logits.grad is not None and soft.grad is not None
    torch.testing.assert_close(logits.grad, soft.grad)


def test_codebook_sampling_lowers_the_loss_and_shows_the_likeliest_codes(spec: Spec, bundle: Bundle) -> None:
    run = Run(changed(spec, latent="codebook", iterations=30, learning_rate=0.3), bundle)
    seen = []
    while not run.finished:
        batch.step([run])
        seen.append(run.loss)
    assert sum(seen[-8:]) < sum(seen[:8])
    expected = bundle.generator.decode(vqgan_of(bundle).look_up(run.z.argmax(1))).clamp(0, 1)
    torch.testing.assert_close(run.picture(), expected)


def test_an_edit_by_codebook_sampling_of_strength_zero_is_the_reconstruction(spec: Spec, bundle: Bundle) -> None:
    runs = [Run(changed(spec, latent=method, strength=0.0), bundle, photograph()) for method in LATENTS]
    torch.testing.assert_close(runs[0].picture(), runs[1].picture())


# Company


def test_runs_with_different_options_step_together_as_each_would_alone(spec: Spec, bundle: Bundle) -> None:
    image = photograph()
    specs = [
        spec,
        changed(spec, latent="codebook", seed=8, ema=0.9),
        changed(spec, prompt="car ^ night", losses=("tv-picture:1", "l2:1:paper"), perceptor_weights=(1.0, 0.0)),
        changed(spec, optimiser="adamw", rate_schedule="cosine", reduction="mean", cutouts=3, augmentations=("noise",)),
        changed(spec, noise_seeds=(4,), image_weights=(0.5,), plateau=3),
    ]
    images = [[image] if one.image_weights else [] for one in specs]
    alone, together = (
        [Run(one, bundle, image_prompts=prompts) for one, prompts in zip(specs, images, strict=True)] for _ in range(2)
    )
    assert len({run.batch_key() for run in together}) == 1
    for _ in range(spec.iterations):
        batch.step(together)
        for run in alone:
            batch.step([run])
    for run, reference in zip(together, alone, strict=True):
        assert run.loss == pytest.approx(reference.loss, abs=1e-4)
        # Adam takes a whole step of a gradient near nothing, so that rounding shows in single cells.
        torch.testing.assert_close(run.z, reference.z, atol=5e-3, rtol=0)


# Augmentations


def test_only_the_named_augmentations_are_left(spec: Spec, bundle: Bundle) -> None:
    settings = cutouts.CutoutSettings()
    flips = cutouts.only(("flip",), settings)
    assert (flips.flip, flips.rotate, flips.noise, flips.crop) == (0.5, 0.0, 0.0, (1.0, 1.0))
    assert cutouts.only(tuple(cutouts.AUGMENTATIONS), settings) == settings
    assert bundle.entry.cutouts.jitter == 0.0
    assert Run(changed(spec, augmentations=("jitter",)), bundle).cutouts.jitter == settings.jitter
    bare = Run(changed(spec, height=32, augmentations=()), bundle)
    picture = bare.picture()
    seen = cutouts.apply(picture, bare.draw(), 32)
    torch.testing.assert_close(seen, picture.expand_as(seen), atol=1e-3, rtol=0)
    with pytest.raises(SpecError, match=r"augmentations is .* must be .*flip"):
        Run(changed(spec, augmentations=("blur",)), bundle)


def test_every_augmentation_owns_its_settings_and_every_table_is_offered() -> None:
    owned = [field for off in cutouts.AUGMENTATIONS.values() for field in off]
    every = {field.name for field in dataclasses.fields(cutouts.CutoutSettings)} - {"count"}
    assert sorted(owned) == sorted(every)
    offered = dict(CHOICES)
    assert offered["optimisers"] == tuple(optimisers.OPTIMISERS)
    assert offered["latents"] == tuple(LATENTS)


# Gumbel


def test_a_gumbel_vqgan_keeps_tamings_names_and_encodes_to_codes() -> None:
    torch.manual_seed(0)
    state = vqgan.VQGAN(DDCONFIG, n_embed=64, embed_dim=8, norm_groups=8, gumbel=True).state_dict()
    assert {"quantize.proj.weight", "quantize.proj.bias", "quantize.embed.weight"} <= set(state)
    params = {"ddconfig": DDCONFIG, "n_embed": 64, "embed_dim": 8, "norm_groups": 8}
    model = vqgan.build({"model": {"target": "taming.models.vqgan.GumbelVQ", "params": params}}, state)
    assert model.codebook.shape == (64, 8)
    image = pictures.decode(photograph(), 32, 32)
    z = model.encode(image)
    torch.testing.assert_close(model.look_up(model.nearest_codes(z)), z)
    scores = model.quantize.proj(model.quant_conv(model.encoder(image * 2 - 1)))  # type: ignore[operator]
    assert torch.equal(model.nearest_codes(z), scores.argmax(1))
    with pytest.raises(ValueError, match="do not fit"):
        vqgan.build({"model": {"target": "taming.models.vqgan.VQModel", "params": params}}, state)


def test_a_gumbel_bundle_paints_and_edits_by_both_latents(spec: Spec, bundle: Bundle) -> None:
    torch.manual_seed(0)
    model = vqgan.VQGAN(DDCONFIG, n_embed=64, embed_dim=8, norm_groups=8, gumbel=True).eval().requires_grad_(False)
    torch.nn.init.normal_(model.codebook)
    entry = dataclasses.replace(bundle.entry, start="random", start_network=None)
    gumbel = dataclasses.replace(bundle, generator=model, entry=entry, start_network=None)
    for method in LATENTS:
        assert paint(Run(changed(spec, latent=method, iterations=2), gumbel)).shape == (1, 3, 48, 32)
        assert paint(Run(changed(spec, latent=method, iterations=2), gumbel, photograph())).shape == (1, 3, 48, 32)
