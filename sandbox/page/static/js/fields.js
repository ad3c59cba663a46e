// One option of a slash command as a small field, by its type.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { ask, upload } from "./link.js";
import { currentGuild, state } from "./state.js";
import { Suggestions } from "./suggestions.js";
import { complain } from "./toasts.js";

export const OPTION = {
  SUBCOMMAND: 1,
  GROUP: 2,
  STRING: 3,
  INTEGER: 4,
  BOOLEAN: 5,
  USER: 6,
  CHANNEL: 7,
  ROLE: 8,
  MENTIONABLE: 9,
  NUMBER: 10,
  ATTACHMENT: 11,
};
const ASK_AFTER_MS = 120;

/** A field has `element`, `focus()`, and `value()`: undefined when empty; it throws a sentence when it is wrong. */
export function field(definition, context) {
  if (definition.type === OPTION.ATTACHMENT) return new AttachmentField(definition, context);
  return new TextField(definition, context);
}

function frame(definition, context, inner) {
  const drop = definition.required
    ? null
    : h(
        "button.drop",
        {
          type: "button",
          title: `Leave out ${definition.name}`,
          "aria-label": `Leave out ${definition.name}`,
          onclick: () => context.leaveOut(definition),
        },
        icon("close"),
      );
  return h(
    "label.field",
    {
      class: definition.type === OPTION.STRING && definition.required ? "wide" : "",
      onfocusin: () => context.hint(definition),
    },
    h("span.label", {}, definition.name),
    inner,
    drop,
  );
}

class TextField {
  constructor(definition, context) {
    Object.assign(this, { definition, context, picked: null, asked: 0 });
    const numeric =
      definition.type === OPTION.INTEGER ? "numeric" : definition.type === OPTION.NUMBER ? "decimal" : "text";
    this.input = h("input", {
      type: "text",
      inputmode: numeric,
      autocomplete: "off",
      spellcheck: definition.required ? "true" : "false",
      "aria-label": definition.name,
      maxlength: definition.max_length ?? 6000,
      oninput: () => this.typed(),
      onfocus: () => this.suggest(),
      onblur: () => this.list.close(),
      onkeydown: (event) => this.list.key(event),
    });
    this.element = frame(definition, context, this.input);
    this.list = new Suggestions({
      input: this.input,
      host: context.host,
      draw: (item) => [h("b", {}, item.name)],
      pick: (item) => this.take(item),
    });
  }

  focus() {
    this.input.focus();
  }

  set text(text) {
    this.input.value = text;
  }

  typed() {
    this.picked = null;
    this.element.classList.remove("wrong");
    this.suggest();
  }

  take(item) {
    this.picked = item;
    this.input.value = item.name;
    this.element.classList.remove("wrong");
  }

  async suggest() {
    const typed = this.input.value;
    const fixed = this.fixed();
    if (fixed)
      return this.list.show(
        this.picked ? [] : fixed.filter((item) => item.name.toLowerCase().includes(typed.toLowerCase())).slice(0, 25),
        this.definition.name,
      );
    if (!this.definition.autocomplete) return;
    const number = ++this.asked;
    await new Promise((resolve) => setTimeout(resolve, ASK_AFTER_MS));
    if (number !== this.asked) return;
    try {
      const { choices } = await ask("autocomplete", { ...this.context.about(), option: this.definition.name, typed });
      if (number === this.asked && document.activeElement === this.input)
        this.list.show(
          choices.filter((one) => String(one.value) !== typed),
          this.definition.name,
        );
    } catch {
      this.list.close(); // suggestions are a courtesy
    }
  }

  /** What must be chosen from, where the type or the definition says so. */
  fixed() {
    const { type, choices } = this.definition;
    if (choices?.length) return choices;
    const guild = currentGuild();
    const people = () =>
      (guild?.members ?? Object.values(state.directory.users)).map((user) => ({
        name: `@${user.name}`,
        value: user.id,
      }));
    const roles = () =>
      Object.entries(guild?.roles ?? {}).map(([value, name]) => ({ name: `@${name.replace(/^@/, "")}`, value }));
    switch (type) {
      case OPTION.BOOLEAN:
        return [
          { name: "True", value: true },
          { name: "False", value: false },
        ];
      case OPTION.USER:
        return people();
      case OPTION.ROLE:
        return roles();
      case OPTION.MENTIONABLE:
        return [...people(), ...roles()];
      case OPTION.CHANNEL:
        return (guild?.channels ?? []).map((channel) => ({ name: `#${channel.name}`, value: channel.id }));
      default:
        return null;
    }
  }

  value() {
    const text = this.input.value.trim();
    const { name, type, required } = this.definition;
    if (text === "") {
      if (required) throw this.wrong(`${name} is needed.`);
      return undefined;
    }
    const fixed = this.fixed();
    if (fixed) {
      const found = this.picked ?? fixed.find((item) => item.name.toLowerCase() === text.toLowerCase());
      if (!found) throw this.wrong(`${name}: choose one from the list.`);
      return found.value;
    }
    if (type === OPTION.INTEGER || type === OPTION.NUMBER) return this.number(text);
    return this.picked ? this.picked.value : this.input.value;
  }

  number(text) {
    const { name, type, min_value: low, max_value: high } = this.definition;
    const value = Number(text.replace(",", "."));
    if (!Number.isFinite(value) || (type === OPTION.INTEGER && !Number.isSafeInteger(value)))
      throw this.wrong(`${name} must be a ${type === OPTION.INTEGER ? "whole " : ""}number.`);
    if ((low ?? -Infinity) > value) throw this.wrong(`${name} must be at least ${low}.`);
    if ((high ?? Infinity) < value) throw this.wrong(`${name} must be at most ${high}.`);
    return value;
  }

  wrong(sentence) {
    this.element.classList.add("wrong");
    this.focus();
    return new Error(sentence);
  }
}

class AttachmentField {
  constructor(definition, context) {
    Object.assign(this, { definition, key: null, uploading: null });
    this.chooser = h("input.visuallyhidden", {
      type: "file",
      "aria-label": definition.name,
      onchange: () => this.chooser.files[0] && this.take(this.chooser.files[0]),
    });
    this.shown = h("span.chosen", {}, icon("file"), "Choose, drop or paste a file");
    this.element = frame(definition, context, [this.chooser, this.shown]);
    this.element.classList.add("attachment");
  }

  focus() {
    this.chooser.focus();
  }

  take(file) {
    this.element.classList.remove("wrong");
    const preview = file.type.startsWith("image/")
      ? h("img", { src: URL.createObjectURL(file), alt: "" })
      : icon("file");
    this.shown.replaceChildren(preview, file.name);
    this.uploading = upload(file).then(
      (key) => (this.key = key),
      (error) => {
        this.uploading = null;
        complain(error);
      },
    );
  }

  async value() {
    await this.uploading;
    if (!this.key && this.definition.required) {
      this.element.classList.add("wrong");
      throw new Error(`${this.definition.name} is needed: choose a file.`);
    }
    return this.key ?? undefined;
  }
}
