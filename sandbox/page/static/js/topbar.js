// Above the messages: where one is; below them: who is typing.

import { $, delegate, h, render } from "./dom.js";
import { icon } from "./icons.js";
import { open } from "./navigation.js";
import { findChannel, on, recall, remember, state } from "./state.js";

const bar = $("#topbar");

function draw() {
  const { place, directory } = state;
  if (!place || !directory) return;
  const name = place.type === 1 ? directory.bot.name : place.name;
  const parent = place.parent && findChannel(place.parent);
  render(
    bar,
    icon(place.type === 1 ? "at" : place.parent ? "thread" : place.nsfw ? "lock" : "hash"),
    parent
      ? h("button.parent", { type: "button", dataset: { do: "open", channel: parent.id } }, `#${parent.name}`)
      : null,
    parent ? icon("right") : null,
    h("h1", {}, name),
    place.nsfw ? h("span.tag.quiet", {}, "18+") : null,
    place.archived ? h("span.tag.quiet", {}, "archived") : null,
    place.topic ? h("p", { title: place.topic }, place.topic) : h("p"),
    place.guild
      ? h(
          "button.round",
          {
            type: "button",
            dataset: { do: "members" },
            "aria-pressed": String(recall("members", true)),
            title: "Members",
            "aria-label": "Members",
          },
          icon("people"),
        )
      : null,
  );
  document.title = `${place.type === 1 ? "@" : place.parent ? "" : "#"}${name} · Faraday sandbox`;
}

function drawTyping() {
  const now = Date.now();
  const typing = (state.place?.typing ?? []).filter((each) => each.until > now);
  const names = typing.map((each) => each.name).join(", ");
  render(
    $("#typing"),
    typing.length
      ? [h("i.dots", {}, h("i"), h("i"), h("i")), h("b", {}, names), typing.length > 1 ? " are typing…" : " is typing…"]
      : null,
  );
  if (typing.length) setTimeout(drawTyping, Math.min(...typing.map((each) => each.until)) - now + 50);
}

delegate(bar, "click", {
  open: (element) => open(element.dataset.channel),
  members() {
    remember("members", !recall("members", true));
    showMembers();
    draw();
  },
});

const showMembers = () =>
  document.body.classList.toggle("withmembers", recall("members", innerWidth > 1100) && Boolean(state.place?.guild));

on("place directory", draw);
on("place", drawTyping);
on("place", showMembers);
