// The forms that a bot opens.

import { choices } from "./components.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { ask, upload } from "./link.js";
import { markdown } from "./markdown.js";
import { state } from "./state.js";

const PART = {
  ROW: 1,
  SELECT: 3,
  TEXT_INPUT: 4,
  USERS: 5,
  ROLES: 6,
  MENTIONABLES: 7,
  CHANNELS: 8,
  TEXT: 10,
  LABEL: 18,
  FILE: 19,
  RADIO: 21,
  CHECKBOXES: 22,
  CHECKBOX: 23,
};
const PARAGRAPH = 2;

/** `modal` as the bot sent it, and the interaction that it belongs to. */
export function openModal({ modal, interaction, channel }) {
  const fields = [];
  const trouble = h("p.trouble", { role: "alert" });
  const send = h("button.button.primary", { type: "submit" }, "Submit");
  const dialog = h(
    "dialog.modal",
    { "aria-label": modal.title, onclose: () => dialog.remove() },
    h(
      "form",
      { onsubmit: submit },
      h(
        "header",
        {},
        h("h2", {}, modal.title),
        h("button.round", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")),
      ),
      h(
        "div.parts",
        {},
        modal.components.map((part) => draw(part, fields)),
      ),
      trouble,
      h(
        "div.buttons",
        {},
        h("span.from", {}, `This form goes to ${state.directory.bot.name}.`),
        h("button.button.secondary", { type: "button", onclick: () => dialog.close() }, "Cancel"),
        send,
      ),
    ),
  );

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    trouble.textContent = "";
    try {
      const values = {};
      for (const field of fields) values[field.id] = await field.value();
      const result = await ask("submit", { channel: channel ?? state.channel, interaction, fields: values });
      dialog.close();
      if (result.modal) openModal({ ...result, channel });
    } catch (error) {
      trouble.textContent = error.message;
    }
    send.disabled = false;
  }

  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("input, textarea, select")?.focus();
}

function draw(part, fields) {
  if (part.type === PART.TEXT) return h("div.text", {}, markdown(part.content, "modal"));
  if (part.type === PART.ROW) return part.components.map((inner) => labelled(inner.label, "", inner, fields));
  if (part.type === PART.LABEL) return labelled(part.label, part.description, part.component, fields);
  return h("em", {}, "(a part that this page cannot show)");
}

function labelled(label, description, part, fields) {
  const { element, value } = control(part);
  fields.push({ id: part.custom_id, value });
  const needed = part.required !== false && part.type !== PART.CHECKBOX;
  const grouped = [PART.RADIO, PART.CHECKBOXES].includes(part.type);
  return h(
    grouped ? "fieldset" : "label",
    {},
    h(
      grouped ? "legend.label" : "span.label",
      {},
      label ?? "",
      needed ? h("i", { title: "needed" }, " *") : "",
    ),
    description ? h("small", {}, description) : null,
    element,
  );
}

function control(part) {
  const required = part.required !== false;
  switch (part.type) {
    case PART.TEXT_INPUT: {
      const about = {
        required,
        minlength: part.min_length,
        maxlength: part.max_length ?? 4000,
        placeholder: part.placeholder,
        value: part.value ?? "",
      };
      const element =
        part.style === PARAGRAPH ? h("textarea", { rows: 5, ...about }) : h("input", { type: "text", ...about });
      return { element, value: () => element.value };
    }
    case PART.FILE: {
      const element = h("input", {
        type: "file",
        required: required && (part.min_values ?? 1) > 0,
        multiple: (part.max_values ?? 1) > 1,
      });
      return {
        element,
        value: async () => (await Promise.all([...element.files].map(upload))).map((key) => ({ upload: key })),
      };
    }
    case PART.RADIO:
    case PART.CHECKBOXES:
      return group(part, required);
    case PART.CHECKBOX: {
      const element = h("input", { type: "checkbox", checked: Boolean(part.default) });
      return { element, value: () => element.checked };
    }
    default:
      return menu(part, required);
  }
}

function group(part, required) {
  const one = part.type === PART.RADIO;
  const boxes = part.options.map((option) =>
    h("input", {
      type: one ? "radio" : "checkbox",
      name: part.custom_id,
      value: option.value,
      checked: Boolean(option.default),
      required: one && required,
    }),
  );
  const element = h(
    "div.group",
    {},
    part.options.map((option, index) =>
      h(
        "label",
        {},
        boxes[index],
        h("span", {}, option.label, option.description ? h("small", {}, option.description) : null),
      ),
    ),
  );
  const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);
  return { element, value: () => (one ? (chosen()[0] ?? null) : chosen()) };
}

function menu(part, required) {
  const several = (part.max_values ?? 1) > 1;
  const options = choices(part).map((one) =>
    h("option", { value: one.value, selected: Boolean(one.default) }, one.label),
  );
  const none = several ? [] : [h("option", { value: "" }, part.placeholder ?? "Choose")];
  const element = h("select", { multiple: several, required: required && (part.min_values ?? 1) > 0 }, none, options);
  return { element, value: () => [...element.selectedOptions].map((option) => option.value).filter(Boolean) };
}
