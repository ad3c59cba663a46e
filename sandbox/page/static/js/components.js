// What bots put under their messages to press and choose from, of both generations.

import { h } from "./dom.js";
import { shown } from "./embeds.js";
import { fileCard } from "./files.js";
import { icon } from "./icons.js";
import { markdown } from "./markdown.js";
import { currentGuild, state } from "./state.js";

const KIND = {
  ROW: 1,
  BUTTON: 2,
  SELECT: 3,
  USERS: 5,
  ROLES: 6,
  MENTIONABLES: 7,
  CHANNELS: 8,
  SECTION: 9,
  TEXT: 10,
  THUMBNAIL: 11,
  GALLERY: 12,
  FILE: 13,
  SEPARATOR: 14,
  CONTAINER: 17,
};
const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "outward" };

export function components(parts, message) {
  return h(
    "div.components",
    {},
    parts.map((part, index) => draw(part, message, `${message}.c${index}`)),
  );
}

function draw(part, message, name) {
  const inner = () => (part.components ?? []).map((each, index) => draw(each, message, `${name}.${index}`));
  switch (part.type) {
    case KIND.ROW:
      return h("div.actions", {}, inner());
    case KIND.BUTTON:
      return button(part, message);
    case KIND.SELECT:
    case KIND.USERS:
    case KIND.ROLES:
    case KIND.MENTIONABLES:
    case KIND.CHANNELS:
      return select(part, message);
    case KIND.SECTION:
      return h(
        "div.section",
        {},
        h("div", {}, inner()),
        part.accessory ? draw(part.accessory, message, `${name}.a`) : null,
      );
    case KIND.TEXT:
      return h("div.text", {}, markdown(part.content, name));
    case KIND.THUMBNAIL:
      return h(
        "div.thumbnail",
        {},
        shown({ ...part.media, spoiler: part.spoiler, description: part.description }, name),
      );
    case KIND.GALLERY:
      return h(
        "div.gallery",
        {},
        part.items.map((item, index) =>
          shown({ ...item.media, spoiler: item.spoiler, description: item.description }, `${name}.${index}`),
        ),
      );
    case KIND.FILE:
      return fileCard({
        name: part.name ?? "file",
        bytes: part.size ?? 0,
        url: part.file.url,
        type: part.file.content_type ?? "",
      });
    case KIND.SEPARATOR:
      return h("hr", { class: `${part.divider === false ? "blank" : ""} ${part.spacing === 2 ? "wide" : ""}` });
    case KIND.CONTAINER:
      return container(part, inner());
    default:
      return h("em", {}, `(a component of type ${part.type}, which this page cannot show)`);
  }
}

function container(part, inner) {
  const card = h("div.embed.container", {}, h("div.main", {}, inner));
  if (Number.isInteger(part.accent_color))
    card.style.setProperty("--edge", `#${part.accent_color.toString(16).padStart(6, "0")}`);
  return card;
}

function button(part, message) {
  const label = [part.emoji?.name ? h("span.emoji", {}, part.emoji.name) : null, part.label ?? ""];
  if (part.url)
    return h("a.button.outward", { href: part.url, target: "_blank", rel: "noopener noreferrer" }, label, icon("link"));
  return h(
    "button.button",
    {
      type: "button",
      class: STYLES[part.style] ?? "secondary",
      disabled: Boolean(part.disabled),
      dataset: { do: "press", id: message, custom: part.custom_id, key: part.custom_id },
    },
    h("span", {}, label),
  );
}

function select(part, message) {
  const chosen = choices(part)
    .filter((one) => one.default)
    .map((one) => one.label)
    .join(", ");
  return h(
    "button.select",
    {
      type: "button",
      disabled: Boolean(part.disabled),
      "aria-haspopup": "listbox",
      dataset: { do: "choose", id: message, custom: part.custom_id, key: part.custom_id },
    },
    h("span", { class: chosen ? "" : "empty" }, chosen || part.placeholder || "Choose"),
    icon("down"),
  );
}

/** What a select menu offers, as `{label, value, description, default}`. */
export function choices(part) {
  const guild = currentGuild();
  const users = () =>
    (guild?.members ?? Object.values(state.directory.users)).map((user) => ({ label: user.name, value: user.id }));
  const roles = () => Object.entries(guild?.roles ?? {}).map(([value, label]) => ({ label, value }));
  switch (part.type) {
    case KIND.SELECT:
      return part.options.map((one) => ({
        ...one,
        label: one.emoji?.name ? `${one.emoji.name} ${one.label}` : one.label,
      }));
    case KIND.USERS:
      return users();
    case KIND.ROLES:
      return roles();
    case KIND.MENTIONABLES:
      return [...users(), ...roles()];
    default:
      return (guild?.channels ?? []).map((channel) => ({ label: `#${channel.name}`, value: channel.id }));
  }
}

/** The component of a message with this custom_id. */
export function findComponent(parts, custom) {
  for (const part of parts) {
    if (part.custom_id === custom) return part;
    const inner = findComponent([...(part.components ?? []), ...(part.accessory ? [part.accessory] : [])], custom);
    if (inner) return inner;
  }
  return null;
}
