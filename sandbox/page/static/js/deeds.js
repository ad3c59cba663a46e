// What a press on something within a message does.

import { choices, findComponent } from "./components.js";
import { startEdit, startReply } from "./composer.js";
import { openEmoji } from "./emoji.js";
import { enter } from "./gate.js";
import { enlarge } from "./lightbox.js";
import { copy, here, interact, react } from "./interact.js";
import { openList } from "./listbox.js";
import { messageMenu, userMenu } from "./menus.js";
import { open } from "./navigation.js";
import { on, state, tell } from "./state.js";

export const onMessage = {
  enter,
  press: (element) => interact(element, "click", { ...here(element.dataset.id), custom_id: element.dataset.custom }),
  react: (element) => react(element.dataset.id, element.dataset.emoji),
  addReaction: (element) => openEmoji(element, (emoji) => react(element.dataset.id, emoji)),
  reply: (element) => startReply(state.messages.get(element.dataset.id)),
  edit: (element) => startEdit(state.messages.get(element.dataset.id)),
  menu: (element) => messageMenu(state.messages.get(element.dataset.id), element),
  user: (element) => userMenu(state.directory.users[element.dataset.user], element),
  jump: (element) => open(element.dataset.channel, { to: element.dataset.message }),
  enlarge: (element) => enlarge(element.dataset),
  reveal(element) {
    state.revealed.add(element.dataset.spoiler);
    tell("redraw");
  },
  dismiss(element) {
    state.dismissed.add(element.dataset.id);
    tell("messages");
  },
  async copyCode(element) {
    await copy(element.previousElementSibling.textContent);
  },
  choose(element) {
    const part = findComponent(state.messages.get(element.dataset.id).components, element.dataset.custom);
    const send = (values) =>
      interact(element, "choose", { ...here(element.dataset.id), custom_id: part.custom_id, values });
    openList(element, { items: choices(part), least: part.min_values ?? 1, most: part.max_values ?? 1, done: send });
  },
};

on("persona", () => state.dismissed.clear());
