// Behind the scenes: how the bot is doing, its log, and faults to order.

import { $, delegate, h, render } from "./dom.js";
import { icon } from "./icons.js";
import { ask } from "./link.js";
import { on, state } from "./state.js";
import { complain, notify } from "./toasts.js";

const panel = $("#panel");
const SENTENCES = {
  ready: "It is connected and takes commands.",
  starting: "It is starting. The first pictures can be asked for in a moment.",
  stopped: "It does not run.",
};

export function togglePanel() {
  panel.hidden = !panel.hidden;
  document.body.classList.toggle("withpanel", !panel.hidden);
  draw();
  if (!panel.hidden) panel.querySelector("button")?.focus();
}

function draw() {
  if (panel.hidden) return;
  const { bot, faults } = state;
  render(panel,
    h("header", {}, h("h2", {}, "Behind the scenes"), h("button.round", { type: "button", "aria-label": "Close", dataset: { do: "close" } }, icon("close"))),
    h("section", {}, h("h3", {}, "The bot"),
      h("p", {}, h("i.dot", { class: bot.phase }), bot.detail && bot.phase !== "ready" ? bot.detail : SENTENCES[bot.phase]),
      bot.can_restart ? h("button.button.secondary", { type: "button", dataset: { do: "restart" } }, bot.phase === "stopped" ? "Start it again" : "Restart it") : null,
      bot.log ? h("details", { open: bot.phase === "stopped" }, h("summary", {}, "The end of its log"), h("pre.log", {}, bot.log)) : null),
    faults.offered.length ? faultSection(faults) : null,
    h("section.note", {}, h("h3", {}, "What this is"), h("p", {}, "A Discord of its own on this machine, with the real bot in it. Nothing leaves the machine, and what happens is kept for the next time.")));
}

function faultSection({ offered, pending }) {
  return h("section.faults", {}, h("h3", {}, "Order a fault"),
    h("p", {}, "The next fitting request or connection of the bot meets it. A good bot loses nothing."),
    h("div.listing", {}, offered.map((one) => h("button.fault", { type: "button", dataset: { do: "fault", name: one.name, key: one.name } }, h("b", {}, one.title), h("small", {}, one.about)))),
    h("p.pending", {}, pending ? `${pending} ordered, not met yet. ` : "None is waiting. ",
      pending ? h("button.inlink", { type: "button", dataset: { do: "clear" } }, "Take them back") : null));
}

delegate(panel, "click", {
  close: togglePanel,
  restart: () => ask("restart_bot").then(() => notify("The bot is restarting."), complain),
  fault: (element) => ask("order_fault", { name: element.dataset.name }).then(() => notify("Ordered."), complain),
  clear: () => ask("clear_faults").catch(complain),
});
on("bot faults", draw);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden && panel.contains(document.activeElement)) togglePanel();
});
