// What a press on something within a message does.

import { choices, findComponent } from "./components.js";
import { startEdit, startReply } from "./composer.js";
import { openEmoji } from "./emoji.js";
import { enter } from "./gate.js";
import { enlarge } from "./lightbox.js";
import { ask } from "./link.js";
import { openList } from "./listbox.js";
import { messageMenu, userMenu } from "./menus.js";
import { openModal } from "./modal.js";
import { open } from "./navigation.js";
import { on, state, tell } from "./state.js";
import { complain, notify } from "./toasts.js";

const here = (id) => ({ channel: state.channel, message: id });

/** Run an interaction: while the bot has not answered, `element` shows that. Resolves to what went wrong, if it did. */
export async function interact(element, wish, fields, { quiet = false } = {}) {
  element?.classList.add("busy");
  try {
    const result = await ask(wish, fields);
    if (result.modal) openModal({ ...result, channel: fields.channel });
    return null;
  } catch (error) {
    if (!quiet) complain(error);
    return error;
  } finally {
    element?.classList.remove("busy");
  }
}

export const react = (id, emoji) => ask("react", { ...here(id), emoji }).catch(complain);

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

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    notify("Copied.");
  } catch {
    notify("This browser does not let the page copy. Select the text and copy it by hand.", "trouble");
  }
}

on("persona", () => state.dismissed.clear());
