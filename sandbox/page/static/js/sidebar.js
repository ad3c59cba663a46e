// Servers, and the channels and threads of the one that is open.

import { $, delegate, h, render } from "./dom.js";
import { icon } from "./icons.js";
import { open } from "./navigation.js";
import { avatar } from "./people.js";
import { mentioned, unread } from "./seen.js";
import { on, recall, remember, state } from "./state.js";

const rail = $("#rail");
const list = $("#channels");
const THREADS_SHOWN = 6;
const unfolded = new Set();

const isDirect = () => state.place?.type === 1;
const everything = (guild) => guild.channels.flatMap((channel) => [channel, ...channel.threads]);

function drawRail() {
  const { directory, place } = state;
  if (!directory) return;
  const server = (props, face, { current, news, pings }) =>
    h(
      "button.server",
      {
        type: "button",
        class: `${current ? "current" : ""} ${news ? "news" : ""}`,
        "aria-current": current ? "page" : null,
        ...props,
      },
      face,
      pings ? h("span.pings", {}, String(pings)) : null,
    );
  render(
    rail,
    server(
      {
        title: "Direct messages",
        "aria-label": "Direct messages",
        dataset: { do: "open", channel: directory.direct.id },
      },
      h("span.face.direct", {}, icon("at")),
      { current: isDirect(), pings: mentioned(directory.direct) ? 1 : 0 },
    ),
    h("hr"),
    directory.guilds.map((guild) => {
      const all = everything(guild);
      return server(
        { title: guild.name, "aria-label": guild.name, dataset: { do: "server", guild: guild.id } },
        h(
          "span.face",
          {},
          guild.name
            .split(/\s+/)
            .map((word) => word[0])
            .join("")
            .slice(0, 3),
        ),
        { current: place?.guild === guild.id, news: all.some(unread), pings: all.filter(mentioned).length },
      );
    }),
  );
}

function drawChannels() {
  const { directory, place } = state;
  if (!directory) return;
  const guild = directory.guilds.find((each) => each.id === place?.guild);
  const me = directory.users[directory.viewer];
  const inside = guild
    ? [
        h("h2", {}, guild.name),
        h(
          "div.places",
          {},
          h("h3", {}, "Channels"),
          guild.channels.map((channel) => [channelItem(channel), threads(channel)]),
        ),
      ]
    : [h("h2", {}, "Direct messages"), h("div.places", {}, directItem(directory))];
  render(
    list,
    inside,
    h(
      "div.self",
      { dataset: { user: me.id } },
      avatar(me),
      h("span", {}, h("b", {}, me.name), h("small", {}, state.personas.find((each) => each.id === me.id)?.part ?? "")),
    ),
  );
}

function marks(channel, extra = "") {
  const current = channel.id === state.channel;
  return {
    class: `${extra} ${current ? "current" : ""} ${!current && unread(channel) ? "news" : ""}`,
    "aria-current": current ? "page" : null,
  };
}

function channelItem(channel) {
  return h(
    "button.place",
    { type: "button", ...marks(channel), dataset: { do: "open", channel: channel.id, key: channel.id } },
    icon(channel.nsfw ? "lock" : "hash"),
    h("span", {}, channel.name),
    pings(channel),
  );
}

const pings = (channel) => (mentioned(channel) && channel.id !== state.channel ? h("span.pings", {}, "1") : null);

function threads(channel) {
  if (!channel.threads.length) return null;
  const all = unfolded.has(channel.id);
  const shown = channel.threads.filter((thread, index) => all || index < THREADS_SHOWN || thread.id === state.channel);
  const hidden = channel.threads.length - shown.length;
  return h(
    "div.threads",
    { dataset: { key: `threads ${channel.id}` } },
    shown.map((thread) =>
      h(
        "button.place.thread",
        { type: "button", ...marks(thread), dataset: { do: "open", channel: thread.id } },
        h("span", {}, thread.name),
        pings(thread),
      ),
    ),
    hidden || all
      ? h(
          "button.place.thread.more",
          { type: "button", dataset: { do: "unfold", channel: channel.id } },
          all ? "Fewer threads" : `${hidden} more`,
        )
      : null,
  );
}

function directItem({ direct, bot }) {
  return h(
    "button.place",
    { type: "button", ...marks(direct, "direct"), dataset: { do: "open", channel: direct.id } },
    avatar(bot, "small"),
    h("span", {}, bot.name),
    pings(direct),
  );
}

const actions = {
  open: (element) => open(element.dataset.channel),
  server(element) {
    const guild = state.directory.guilds.find((each) => each.id === element.dataset.guild);
    const last = recall("places", {})[guild.id];
    const known = everything(guild).find((channel) => channel.id === last);
    const home = guild.channels.find((channel) => channel.id === state.home);
    open((known ?? home ?? guild.channels[0]).id);
  },
  unfold(element) {
    const { channel } = element.dataset;
    if (!unfolded.delete(channel)) unfolded.add(channel);
    drawChannels();
  },
};

on("directory place seen", () => {
  drawRail();
  drawChannels();
});
on("place", () => {
  if (state.place?.guild) remember("places", { ...recall("places", {}), [state.place.guild]: state.channel });
});
delegate(rail, "click", actions);
delegate(list, "click", actions);
$("#veil").addEventListener("click", () => document.body.classList.remove("drawer"));
