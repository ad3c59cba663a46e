// The keyboard: messages by arrows, channels and people by Alt.

import { focusComposer, startEdit, startReply } from "./composer.js";
import { onMessage } from "./deeds.js";
import { $ } from "./dom.js";
import { messageMenu } from "./menus.js";
import { open, speakAs } from "./navigation.js";
import { currentGuild, state } from "./state.js";

const list = $("#messages");

function moveFocus(item, step) {
  const next = item ? (step > 0 ? item.nextElementSibling : item.previousElementSibling) : list.lastElementChild;
  if (next) next.focus();
  else if (step > 0) focusComposer();
}

list.addEventListener("keydown", (event) => {
  const item = event.target.closest(".message");
  const message = item && state.messages.get(item.dataset.id);
  if (!message) return;
  if (event.target.matches("[role=button]") && ["Enter", " "].includes(event.key)) {
    event.preventDefault();
    return event.target.click();
  }
  const act = {
    ArrowUp: () => moveFocus(item, -1),
    ArrowDown: () => moveFocus(item, 1),
    Escape: focusComposer,
    ...(event.target === item && {
      r: () => message.ephemeral || startReply(message),
      e: () => message.author.id === state.directory.viewer && startEdit(message),
      "+": () => onMessage.addReaction(item),
      Enter: () => messageMenu(message, item.querySelector(".tools") ?? item),
    }),
  }[event.key];
  if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});

function neighbour(step) {
  const guild = currentGuild();
  if (!guild) return; // there is but one direct channel
  const places = guild.channels.flatMap((channel) => [channel, ...channel.threads.slice(0, 6)]);
  const at = places.findIndex((place) => place.id === state.channel);
  open(places[(at + step + places.length) % places.length].id);
}

addEventListener("keydown", (event) => {
  if (!state.directory || document.querySelector("dialog[open]")) return;
  if (event.altKey && event.key === "ArrowDown") neighbour(1);
  else if (event.altKey && event.key === "ArrowUp") neighbour(-1);
  else if (event.altKey && /^[1-9]$/.test(event.key) && state.personas[event.key - 1])
    speakAs(state.personas[event.key - 1].id);
  else if (event.key === "F6") list.lastElementChild?.focus();
  else return;
  event.preventDefault();
});

/** Typing anywhere writes into the message box. */
addEventListener("keydown", (event) => {
  const busy = event.target.closest?.("input, textarea, select, button, dialog, .message, [contenteditable]");
  if (!busy && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) focusComposer();
});
