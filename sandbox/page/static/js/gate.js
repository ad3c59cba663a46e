// The door of an age-restricted channel.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { state, tell } from "./state.js";

const opened = new Set(); // by person and channel, until the page is left

const key = () => `${state.directory?.viewer} ${state.place?.parent ?? state.place?.id}`;

export const mayEnter = () => !state.place?.nsfw || opened.has(key());

export function gate() {
  return h(
    "div.gate",
    {},
    h("span.mark", {}, icon("lock")),
    h("h1", {}, "Age-restricted channel"),
    h("p", {}, "What is posted here may not be for everyone. You must be of age to go in."),
    h("button.button.danger", { type: "button", dataset: { do: "enter" } }, "I am of age, go in"),
  );
}

export function enter() {
  opened.add(key());
  tell("gate");
}
