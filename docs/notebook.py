# %% [markdown]
# # Painting in a notebook
#
# The engine is a plain Python function. Each cell below is a notebook cell (open this file in an editor that knows
# the `# %%` format, or run it as a script from the repository's root: `python docs/notebook.py`).

# %%
import engine

# %% [markdown]
# `generate` yields after every iteration, so that you can watch, plot, or stop by leaving the loop.

# %%
losses = []
for step in engine.generate("a red circle on a white background", seed=1):
    losses.append(step.loss)
    if step.iteration % 5 == 0:
        print(f"iteration {step.iteration} of {step.iterations}, loss {step.loss:.3f}")
painted = step.image
painted

# %% [markdown]
# An edit is the same loop from another first picture. `strength` says how free of it the result may be.

# %%
for step in engine.generate("a blue circle on a white background", init_image=painted, seed=1, strength=0.8):
    pass
step.image
