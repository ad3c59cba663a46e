// Three prompts to click, for whoever is here for the first time.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { on, recall, remember, state } from "./state.js";

/** `run(prompt)` paints one. */
export function examples(run) {
  const card = h("section.examples", { "aria-label": "Examples", hidden: true });
  let wanted = null; // clicked before the bot was there

  const done = () => {
    remember("welcomed", true);
    wanted = null;
    draw();
  };

  const click = (prompt) => {
    if (!canPaint()) {
      wanted = prompt;
      return draw();
    }
    done();
    run(prompt);
  };

  const canPaint = () =>
    state.bot.phase === "ready" && state.place?.commands.some((command) => command.name === "imagine");

  function draw() {
    card.hidden =
      recall("welcomed", false) || !state.examples.length || !state.place?.can.send || state.place.id !== state.home;
    if (card.hidden) return;
    const ready = canPaint();
    card.replaceChildren(
      h(
        "div.head",
        {},
        h("b", {}, "New here? Let the bot paint one of these"),
        h(
          "button.round",
          { type: "button", title: "Not now", "aria-label": "Put the examples away", onclick: done },
          icon("close"),
        ),
      ),
      h(
        "div.prompts",
        {},
        state.examples.map((prompt) =>
          h(
            "button",
            { type: "button", "aria-pressed": String(prompt === wanted), onclick: () => click(prompt) },
            icon("brush"),
            prompt,
          ),
        ),
      ),
      h(
        "small",
        {},
        wanted && !ready
          ? "It begins as soon as the bot is ready."
          : "Or type / and choose a command. Everything happens on this machine.",
      ),
    );
  }

  on("place bot connection welcomed", () => {
    if (wanted && canPaint()) {
      const prompt = wanted;
      done();
      run(prompt);
    } else draw();
  });
  return card;
}
