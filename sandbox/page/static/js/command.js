// The form that a chosen slash command becomes in the message box.

import { h } from "./dom.js";
import { field, OPTION } from "./fields.js";
import { icon } from "./icons.js";
import { interact } from "./interact.js";
import { remember, state, tell } from "./state.js";

/** Commands by the name one types, subcommands with a blank: `settings show`. */
export function paths(commands) {
  const found = [];
  const walk = (name, node) => {
    const inner = (node.options ?? []).filter(
      (option) => option.type === OPTION.SUBCOMMAND || option.type === OPTION.GROUP,
    );
    if (inner.length) for (const option of inner) walk(`${name} ${option.name}`, option);
    else found.push({ name, description: node.description, options: node.options ?? [] });
  };
  for (const command of commands) if (command.type === 1) walk(command.name, command);
  return found;
}

/** What typing `/…` means so far: the command whose name is complete and what follows it, or those that it may become. */
export function matching(text, commands) {
  if (!text.startsWith("/")) return {};
  const typed = text.slice(1).toLowerCase();
  const all = paths(commands);
  const complete = all.filter((command) => typed.startsWith(`${command.name} `));
  const exact = complete.sort((a, b) => b.name.length - a.name.length)[0];
  if (exact) return { exact, rest: text.slice(exact.name.length + 2) };
  const found = all.filter((command) => command.name.includes(typed));
  return { found: found.sort((a, b) => b.name.startsWith(typed) - a.name.startsWith(typed)) };
}

export class CommandForm {
  /** `done()` is called when it was sent or given up. `text` goes into the first field, `key: value` pairs into theirs. */
  constructor(command, { text = "", done }) {
    Object.assign(this, { command, done, fields: new Map() });
    this.row = h("div.fields");
    this.more = h("div.moreoptions");
    this.note = h("div.hint", { role: "status" }, command.description);
    this.send = h("button.button.primary", { type: "submit" }, "Send");
    this.lists = h("div.lists");
    this.element = h(
      "form.command",
      {
        "aria-label": `/${command.name}`,
        onsubmit: (event) => this.submit(event),
        onkeydown: (event) => this.key(event),
      },
      this.lists,
      h(
        "div.title",
        {},
        h("b", {}, `/${command.name}`),
        h("span", {}, command.description ?? ""),
        h(
          "button.round",
          {
            type: "button",
            title: "Give up the command (Escape)",
            "aria-label": "Give up the command",
            onclick: () => this.done(),
          },
          icon("close"),
        ),
      ),
      this.row,
      this.more,
      h("div.last", {}, this.note, this.send),
    );
    for (const definition of command.options) if (definition.required) this.add(definition);
    this.fill(text);
    this.drawMore();
  }

  fill(text) {
    const names = this.command.options.map((option) => option.name).join("|");
    const pieces = names ? text.split(new RegExp(`(?:^|\\s)(${names}):\\s*`)) : [text];
    const first = this.command.options.find((option) => option.type === OPTION.STRING);
    if (pieces[0].trim() && first) this.add(first).text = pieces[0].trim();
    for (let index = 1; index < pieces.length; index += 2) {
      const definition = this.command.options.find((option) => option.name === pieces[index]);
      if (definition.type !== OPTION.ATTACHMENT) this.add(definition).text = pieces[index + 1].trim();
    }
  }

  add(definition) {
    const known = this.fields.get(definition.name);
    if (known) return known;
    const made = field(definition, {
      host: this.lists,
      hint: (one) => this.hint(one.description),
      leaveOut: (one) => this.leaveOut(one),
      about: () => ({ channel: state.channel, name: this.command.name, options: this.given() }),
    });
    this.fields.set(definition.name, made);
    this.row.append(made.element);
    return made;
  }

  leaveOut(definition) {
    this.fields.get(definition.name).element.remove();
    this.fields.delete(definition.name);
    this.drawMore();
    this.focus();
  }

  drawMore() {
    const left = this.command.options.filter((option) => !this.fields.has(option.name));
    this.more.replaceChildren(
      ...left.map((option) =>
        h(
          "button.option",
          {
            type: "button",
            title: option.description,
            onclick: () => {
              this.add(option).focus();
              this.drawMore();
              this.fields.get(option.name).focus();
            },
          },
          icon("plus"),
          option.name,
        ),
      ),
    );
  }

  hint(text, trouble = false) {
    this.note.textContent = text;
    this.note.classList.toggle("trouble", trouble);
  }

  focus() {
    const fields = [...this.fields.values()];
    (fields.find((one) => one.input && !one.input.value) ?? fields[0] ?? this.send).focus();
  }

  /** A file that was dropped or pasted; returns whether the command has use for it. */
  takeFile(file) {
    const definition = this.command.options.find((option) => option.type === OPTION.ATTACHMENT);
    if (!definition) return false;
    this.add(definition).take(file);
    this.drawMore();
    return true;
  }

  /** What is filled in rightly so far, for suggestions that depend on it. */
  given() {
    const options = {};
    for (const [name, one] of this.fields) {
      if (one.definition.type === OPTION.ATTACHMENT || !one.input.value) continue;
      if (one.input === document.activeElement) continue;
      try {
        options[name] = one.value();
      } catch {
        continue; // not yet
      }
    }
    return options;
  }

  key(event) {
    if (event.key === "Escape") this.done();
    if (event.key === "Backspace" && event.target.value === "" && this.fields.size <= 1) {
      event.preventDefault();
      this.done();
    }
  }

  async submit(event) {
    event.preventDefault();
    if (state.bot.phase !== "ready") return this.hint("The bot is not ready yet, so nobody would answer.", true);
    const options = {};
    try {
      for (const [name, one] of this.fields) {
        const value = await one.value();
        if (value !== undefined) options[name] = value;
      }
    } catch (error) {
      return this.hint(error.message, true);
    }
    this.send.disabled = true;
    this.hint("Sending…");
    const trouble = await interact(
      this.send,
      "slash",
      { channel: state.channel, name: this.command.name, options },
      { quiet: true },
    );
    this.send.disabled = false;
    if (trouble) this.hint(trouble.message, true);
    else {
      remember("welcomed", true); // whoever has sent one needs no examples
      tell("welcomed");
      this.done();
    }
  }
}
