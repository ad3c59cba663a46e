// Names within a text: people, roles, channels, and links to messages.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { currentGuild, findChannel, state } from "./state.js";

export function mention(kind, id) {
  if (kind === "@") {
    const user = state.directory?.users[id];
    const mine = id === state.directory?.viewer ? "mine" : "";
    return h(
      "button.mention",
      { type: "button", class: mine, dataset: { do: "user", user: id } },
      `@${user?.name ?? "unknown"}`,
    );
  }
  if (kind === "@&") return h("span.mention", {}, `@${currentGuild()?.roles[id] ?? "unknown role"}`);
  return placeLink(id);
}

/** A chip that leads to a channel or to a message in it; with a text of its own it looks like a link. */
export function placeLink(channel, message = null, text = null) {
  const place = findChannel(channel);
  const dataset = { do: "jump", channel, ...(message ? { message } : {}) };
  if (text) return h("button.inlink", { type: "button", dataset }, text);
  const direct = place?.type === 1;
  return h(
    "button.mention",
    { type: "button", dataset },
    icon(direct ? "at" : place?.parent ? "thread" : "hash"),
    place?.name ?? "another channel",
    message ? [" › ", icon("brush")] : "",
  );
}
