// Behind the scenes: how the bot is doing, its log, and faults to order.

import { faultForms } from "./faults.js";
import { $, delegate, h, render } from "./dom.js";
import { icon } from "./icons.js";
import { ask } from "./link.js";
import { on, state } from "./state.js";
import { complain, notify } from "./toasts.js";

const panel = $("#panel");
const botPart = h("section");
const waiting = h("p.pending");
const faultPart = h("section.faults");
const SENTENCES = {
  ready: "It is connected and takes commands.",
  starting: "It is starting. The first pictures can be asked for in a moment.",
  stopped: "It does not run.",
};

panel.append(
  h(
    "header",
    {},
    h("h2", {}, "Behind the scenes"),
    h("button.round", { type: "button", "aria-label": "Close", dataset: { do: "close" } }, icon("close")),
  ),
  botPart,
  faultPart,
  h(
    "section",
    {},
    h("h3", {}, "What this is"),
    h(
      "p",
      {},
      "A Discord of its own on this machine, with the real bot in it. Nothing leaves the machine, and what happens is kept for the next time.",
    ),
  ),
);

export function togglePanel() {
  panel.hidden = !panel.hidden;
  document.body.classList.toggle("withpanel", !panel.hidden);
  if (panel.hidden) return;
  panel.querySelector("button").focus();
  showLogEnd();
}

function showLogEnd() {
  const log = $(".log", botPart);
  if (log) log.scrollTop = log.scrollHeight;
}

function drawBot() {
  const { bot } = state;
  render(
    botPart,
    h("h3", {}, "The bot"),
    h(
      "p",
      {},
      h("i.dot", { class: bot.phase }),
      bot.detail && bot.phase !== "ready" ? bot.detail : SENTENCES[bot.phase],
    ),
    bot.can_restart
      ? h(
          "button.button.secondary",
          { type: "button", dataset: { do: "restart" } },
          bot.phase === "stopped" ? "Start it again" : "Restart it",
        )
      : null,
    bot.log ? h("details", { open: true }, h("summary", {}, "The end of its log"), h("pre.log", {}, bot.log)) : null,
  );
  showLogEnd();
}

let offered = ""; // the forms keep what was typed into them, so they are built only when the table changes

function drawFaults() {
  const { faults } = state;
  if (JSON.stringify(faults.offered) !== offered) {
    offered = JSON.stringify(faults.offered);
    faultPart.replaceChildren(
      h("h3", {}, "Order a fault"),
      h("p", {}, "The next fitting request or connection of the bot meets it. A good bot loses nothing."),
      waiting,
      faultForms(faults.offered),
    );
  }
  faultPart.hidden = !faults.offered.length;
  const one = faults.pending === 1;
  render(
    waiting,
    faults.pending
      ? [
          `${faults.pending} ordered and not met yet. `,
          h("button.inlink", { type: "button", dataset: { do: "clear" } }, one ? "Take it back" : "Take them back"),
        ]
      : "None is waiting.",
  );
}

delegate(panel, "click", {
  close: togglePanel,
  restart: () => ask("restart_bot").then(() => notify("The bot is restarting."), complain),
  clear: () => ask("clear_faults").catch(complain),
});
on("bot", drawBot);
on("faults", drawFaults);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !panel.hidden && panel.contains(document.activeElement)) togglePanel();
});
