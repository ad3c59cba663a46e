// What a message's parts, its menu and a command's form all do: interactions, reactions, copying.

import { ask } from "./link.js";
import { openModal } from "./modal.js";
import { state } from "./state.js";
import { complain, notify } from "./toasts.js";

export const here = (id) => ({ channel: state.channel, message: id });

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

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    notify("Copied.");
  } catch {
    notify("This browser does not let the page copy. Select the text and copy it by hand.", "trouble");
  }
}
