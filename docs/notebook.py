# %% [markdown]
# # Painting in a notebook
#
# Open this file in an editor that knows notebook cells (`# %%`), or run it as a script from the repository's root:
# `python docs/notebook.py`. The engine is a plain Python function.

# %%
import engine

# %% [markdown]
# Paint a picture. `generate` yields after every iteration: watch it, plot it, or leave the loop to stop.

# %%
losses = []
for step in engine.generate("a red circle on a white background", seed=1):
    losses.append(step.loss)
    if step.iteration % 5 == 0:
        print(f"iteration {step.iteration} of {step.iterations}, loss {step.loss:.3f}")
painted = step.image
painted

# %% [markdown]
# Edit it. `strength` says how far the result may go from the first picture: 0 keeps it, 1 ignores it.

# %%
for step in engine.generate("a blue circle on a white background", init_image=painted, seed=1, strength=0.8):
    pass
step.image
