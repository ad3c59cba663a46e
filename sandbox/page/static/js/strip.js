// The strip at the top: who speaks, how the bot is doing, and the way behind the scenes.

import { $, h, render } from "./dom.js";
import { icon } from "./icons.js";
import { avatar } from "./people.js";
import { speakAs } from "./navigation.js";
import { togglePanel } from "./panel.js";
import { on, recall, remember, state } from "./state.js";

const strip = $("#strip");

function botPill() {
  const { phase, detail } = state.bot;
  const name = state.directory?.bot.name ?? "The bot";
  if (!state.connected) return pill("off", "No connection; trying again", true);
  if (phase === "ready") return pill("ready", `${name} is ready`);
  if (phase === "stopped") return pill("stopped", detail || `${name} stopped`);
  return pill("starting", detail || `${name} is starting`, true);
}

function pill(kind, text, busy = false) {
  return h(
    "button.pill",
    { type: "button", class: kind, dataset: { do: "panel" }, title: "Behind the scenes", role: "status" },
    h(busy ? "i.spinner" : "i.dot"),
    h("span", {}, text),
  );
}

function personas() {
  return h(
    "div.personas",
    { role: "radiogroup", "aria-label": "Speak as" },
    h("span.title", {}, "Speak as"),
    state.personas.map((each, index) =>
      h(
        "button",
        {
          type: "button",
          role: "radio",
          "aria-checked": String(each.id === state.directory?.viewer),
          title: `Speak as ${each.name}, ${each.part} (Alt+${index + 1})`,
          dataset: { do: "persona", id: each.id },
        },
        avatar(each, "small"),
        h("span", {}, h("b", {}, each.name), h("small", {}, each.part)),
      ),
    ),
  );
}

function draw() {
  render(
    strip,
    h(
      "button.round.drawerbutton",
      { type: "button", "aria-label": "Servers and channels", dataset: { do: "drawer" } },
      icon("menu"),
    ),
    h(
      "div.brand",
      {},
      h("img", { src: "/static/icon.svg", alt: "", width: 26, height: 26 }),
      h("b", {}, "Faraday"),
      h("span", {}, "sandbox"),
    ),
    botPill(),
    personas(),
    h(
      "button.round",
      { type: "button", title: `Theme: ${theme()}`, "aria-label": `Theme: ${theme()}`, dataset: { do: "theme" } },
      icon(dark() ? "moon" : "sun"),
    ),
    h(
      "button.round",
      { type: "button", title: "Behind the scenes", "aria-label": "Behind the scenes", dataset: { do: "panel" } },
      icon("tools"),
    ),
  );
}

// The theme: the system's, until somebody chooses

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => recall("theme", prefersDark.matches ? "dark" : "light");
const dark = () => theme() === "dark";

function dress() {
  document.documentElement.dataset.theme = theme();
}

const actions = {
  persona: (element) => speakAs(element.dataset.id),
  panel: togglePanel,
  drawer: () => document.body.classList.toggle("drawer"),
  theme() {
    remember("theme", dark() ? "light" : "dark");
    dress();
    draw();
  },
};

strip.addEventListener("click", (event) => {
  const element = event.target.closest("[data-do]");
  actions[element?.dataset.do]?.(element);
});
prefersDark.addEventListener("change", () => {
  dress();
  draw();
});
on("directory bot connection persona", draw);
dress();
draw();
