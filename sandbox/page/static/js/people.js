// Faces and names.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const HUES = 8;

function hue(name) {
  let sum = 7;
  for (const letter of name) sum = (sum * 23 + letter.charCodeAt(0)) % 9973;
  return sum % HUES;
}

/** A round picture: the bot's mark, or the first letter on a colour of the person's own. */
export function avatar(user, size = "") {
  const face = user.bot ? icon("brush") : h("span", {}, user.name.slice(0, 1).toUpperCase());
  return h(
    "span.avatar",
    { class: `${size} ${user.bot ? "bot" : ""}`, dataset: { hue: hue(user.name) }, "aria-hidden": "true" },
    face,
  );
}

export const botTag = (user) => (user.bot ? h("span.tag", {}, "Bot") : null);

export const nameHue = (user) => (user.bot ? "bot" : String(hue(user.name)));
