// Which channels have something new, per person.

import { newer, recall, remember, state, tell } from "./state.js";

const read = recall("read", {});
const key = (channel) => `${state.directory.viewer} ${channel}`;
const lastRead = (channel) => read[key(channel)] ?? "0";

/** The open channel has been read to its end. */
export function markSeen() {
  const channel = state.channel;
  const last = [...state.messages.keys()].reduce((a, b) => (newer(a, b) ? a : b), "0");
  if (!state.directory || last === "0" || !newer(last, lastRead(channel))) return;
  read[key(channel)] = last;
  remember("read", read);
  tell("seen");
}

export const unread = (channel) => channel.last !== "0" && newer(channel.last, lastRead(channel.id));
export const mentioned = (channel) => channel.mention !== "0" && newer(channel.mention, lastRead(channel.id));
