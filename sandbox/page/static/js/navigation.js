// Which channel is open, and as whom; kept in the address bar and in the browser.

import { ask } from "./link.js";
import { recall, remember, state, tell } from "./state.js";
import { complain } from "./toasts.js";

const fromAddress = () => location.hash.match(/^#\/(\d+)$/)?.[1];

/** After (re)connecting: be who we were, where we were. */
export async function settle() {
  const known = new Set(state.personas.map((persona) => persona.id));
  const wanted = recall("persona");
  try {
    if (known.has(wanted)) await ask("speak_as", { user: wanted });
    await open(state.channel ?? fromAddress() ?? recall("channel") ?? state.home, { quiet: true });
  } catch {
    await open(state.home).catch(complain); // the place of last time is gone
  }
}

/** Open a channel; with `to`, at that message. */
export async function open(channel, { to = null, quiet = false } = {}) {
  const before = state.channel;
  if (before === channel && to && state.messages.has(to)) return jump(to);
  state.channel = channel;
  state.target = to;
  document.body.classList.remove("drawer");
  try {
    await ask("open", { channel, to });
  } catch (error) {
    state.channel = before;
    if (quiet) throw error;
    return complain(error);
  }
  remember("channel", channel);
  if (fromAddress() !== channel) history[before ? "pushState" : "replaceState"](null, "", `#/${channel}`);
}

function jump(to) {
  state.target = to;
  tell("target");
}

export function openFromAddress() {
  const channel = fromAddress();
  if (channel && channel !== state.channel) open(channel);
}

export async function speakAs(user) {
  if (user === state.directory?.viewer) return;
  const { place, channel } = state;
  try {
    await ask("speak_as", { user });
  } catch (error) {
    return complain(error);
  }
  remember("persona", user);
  tell("persona");
  if (state.channel !== channel) return; // somewhere else was opened meanwhile
  if (place?.type === 1) await open(state.directory.direct.id);
  else if (state.place === place) await open(state.home); // it was not told anew: this member does not see it
}

export const openDirect = () => open(state.directory.direct.id);
