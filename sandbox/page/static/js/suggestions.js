// A list above a text field that one moves through while typing on: commands, choices, autocompletion.

import { h } from "./dom.js";

let count = 0;

export class Suggestions {
  /** `draw(item)` gives an option's content, `pick(item)` is called with the chosen one. */
  constructor({ input, host, draw, pick }) {
    Object.assign(this, { input, host, draw, pick, items: [], active: 0 });
    this.box = h("div.popup.suggestions", { role: "listbox", id: `suggestions-${++count}`, hidden: true });
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.box.id);
    host.append(this.box);
  }

  get open() {
    return !this.box.hidden;
  }

  show(items, title = "") {
    this.items = items;
    this.active = 0;
    this.box.hidden = items.length === 0;
    this.box.replaceChildren(
      ...(title ? [h("div.title", {}, title)] : []),
      ...items.map((item, index) =>
        h(
          "div.option",
          {
            role: "option",
            id: `${this.box.id}-${index}`,
            onpointerdown: (event) => event.preventDefault(), // the field keeps the focus
            onclick: () => this.take(index),
            onpointermove: () => this.mark(index),
          },
          this.draw(item),
        ),
      ),
    );
    if (items.length) this.mark(0);
    this.input.setAttribute("aria-expanded", String(this.open));
  }

  /** A sentence where the list would be. */
  say(text) {
    this.show([]);
    this.box.replaceChildren(h("div.title", {}, text));
    this.box.hidden = false;
  }

  mark(index) {
    this.active = (index + this.items.length) % this.items.length;
    for (const option of this.box.querySelectorAll("[role=option]")) {
      const active = option.id === `${this.box.id}-${this.active}`;
      option.setAttribute("aria-selected", String(active));
      if (active) option.scrollIntoView({ block: "nearest" });
    }
    this.input.setAttribute("aria-activedescendant", `${this.box.id}-${this.active}`);
  }

  take(index = this.active) {
    const item = this.items[index];
    this.close();
    this.pick(item);
  }

  close() {
    this.box.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** Whether the key was meant for the list. */
  key(event) {
    if (!this.open || !this.items.length || event.isComposing) return false;
    if (event.key === "ArrowDown") this.mark(this.active + 1);
    else if (event.key === "ArrowUp") this.mark(this.active - 1);
    else if (event.key === "Enter" || event.key === "Tab") this.take();
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
