// The list of messages: the newest are drawn, older ones come when one scrolls up.

import { onMessage } from "./deeds.js";
import { $, delegate, h, morph, render } from "./dom.js";
import { gate, mayEnter } from "./gate.js";
import { ask } from "./link.js";
import { messageItem, threadCard } from "./message.js";
import { avatar } from "./people.js";
import { markSeen } from "./seen.js";
import { compare, on, state } from "./state.js";
import { icon } from "./icons.js";

const scroller = $("#scroller");
const list = $("#messages");
const NEAR_TOP = 600; // pixels from the top, from where older messages are fetched
const AT_BOTTOM = 80;

let drawn = new Map(); // id → what the item was drawn from
let pinned = true; // whether the newest message is to stay in sight
let fetching = false;

function standing() {
  return [...state.messages.values()]
    .filter((message) => !state.dismissed.has(message.id))
    .sort((a, b) => compare(a.id, b.id));
}

/** Draw what differs; everything else keeps its nodes. */
function draw({ all = false } = {}) {
  const messages = mayEnter() ? standing() : [];
  const keep = new Set(messages.map((message) => message.id));
  for (const item of [...list.children]) if (!keep.has(item.dataset.id)) item.remove();
  const next = new Map();
  let place = list.firstElementChild;
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const known = drawn.get(message.id);
    next.set(message.id, { message, before });
    let item = place?.dataset.id === message.id ? place : null;
    if (!item) {
      item = messageItem(message, before);
      list.insertBefore(item, place);
    } else if (all || known?.message !== message || known.before !== before)
      item = morph(item, messageItem(message, before));
    place = item.nextElementSibling;
  });
  drawn = next;
  drawBeginning();
}

function drawBeginning() {
  let beginning = $("#beginning");
  if (!beginning) {
    beginning = h("div", { id: "beginning" });
    scroller.prepend(beginning);
  }
  render(beginning, mayEnter() ? (state.more ? h("div.loading", {}, "Older messages …") : welcome()) : gate());
}

function welcome() {
  const { place, directory } = state;
  if (!place || !directory) return null;
  if (place.type === 1)
    return h(
      "div.welcome",
      {},
      avatar(directory.bot, "huge"),
      h("h1", {}, directory.bot.name),
      h("p", {}, `Only you and ${directory.bot.name} read this.`),
    );
  return h(
    "div.welcome",
    {},
    h("span.mark", {}, icon(place.parent ? "thread" : "hash")),
    h("h1", {}, place.parent ? place.name : `Welcome to #${place.name}`),
    h(
      "p",
      {},
      place.topic || (place.parent ? "This is where the thread begins." : "This is where the channel begins."),
    ),
    place.posts.length ? h("div.posts", {}, place.posts.map(threadCard)) : null,
  );
}

const toBottom = () => (scroller.scrollTop = scroller.scrollHeight);

function showTarget() {
  const item = state.target && list.querySelector(`[data-id="${state.target}"]`);
  if (!item) return false;
  state.target = null;
  pinned = false;
  item.scrollIntoView({ block: "center" });
  item.classList.remove("found");
  void item.offsetWidth; // so that the glow begins anew
  item.classList.add("found");
  return true;
}

on("channel", () => {
  list.replaceChildren();
  drawn.clear();
  pinned = true;
  draw();
  if (!showTarget()) toBottom();
  seen();
});

on("messages", () => {
  const height = scroller.scrollHeight;
  const top = scroller.scrollTop;
  const first = list.firstElementChild?.dataset.id;
  draw();
  if (pinned) toBottom();
  else if (list.firstElementChild?.dataset.id !== first) scroller.scrollTop = top + scroller.scrollHeight - height;
  fetching = false;
  seen();
});

on("target", showTarget);
on("place gate", () => draw({ all: true }));
on("redraw", () => draw({ all: true }));

function seen() {
  $("#tobottom")?.toggleAttribute("hidden", pinned);
  if (pinned && !document.hidden && mayEnter()) markSeen();
}

scroller.addEventListener(
  "scroll",
  () => {
    pinned = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AT_BOTTOM;
    seen();
    if (scroller.scrollTop < NEAR_TOP && state.more && !fetching && mayEnter()) {
      fetching = true;
      ask("older").catch(() => (fetching = false));
    }
  },
  { passive: true },
);

new ResizeObserver(() => pinned && toBottom()).observe(list);
new ResizeObserver(() => pinned && toBottom()).observe(scroller);
document.addEventListener("visibilitychange", seen);

const downButton = h(
  "button",
  {
    id: "tobottom",
    type: "button",
    hidden: true,
    onclick: () => {
      pinned = true;
      toBottom();
    },
  },
  icon("down"),
  "Newest messages",
);
$("#foot").prepend(downButton);

delegate(scroller, "click", onMessage);
