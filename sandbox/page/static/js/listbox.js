// A list that pops up beside what opened it: for select menus, suggestions and pickers.

import { h } from "./dom.js";
import { icon } from "./icons.js";

let current = null;

/** Put `box` near `anchor`, within the window; it goes when one presses elsewhere or Escape. */
export function popUp(anchor, box) {
  closePopUp();
  document.body.append(box);
  const place = anchor.getBoundingClientRect();
  const [width, height] = [box.offsetWidth, box.offsetHeight];
  const below = place.bottom + 6 + height < innerHeight;
  const top = below ? place.bottom + 6 : place.top - height - 6;
  box.style.left = `${Math.max(8, Math.min(place.left, innerWidth - width - 8))}px`;
  box.style.top = `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
  const opener = document.activeElement;
  const outside = (event) => {
    if (!box.contains(event.target)) closePopUp();
  };
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    closePopUp();
    opener?.focus({ preventScroll: true });
  };
  addEventListener("pointerdown", outside, true);
  addEventListener("keydown", escape, true);
  current = () => {
    removeEventListener("pointerdown", outside, true);
    removeEventListener("keydown", escape, true);
    box.remove();
    current = null;
  };
}

export function closePopUp() {
  current?.();
}

/** Moving through `[role=option]` or `[role=menuitem]` by arrow keys. */
export function walk(box, event) {
  const items = [...box.querySelectorAll("[role=option]:not([disabled]), [role=menuitem]:not([disabled])")];
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 }[
    event.key
  ];
  if (step === undefined || !items.length) return;
  event.preventDefault();
  items[(step + items.length) % items.length].focus();
}

/** Choose one, or several where `most` is above one; `done` gets the values. */
export function openList(anchor, { items, least = 1, most = 1, done }) {
  const chosen = new Set(items.filter((item) => item.default).map((item) => item.value));
  const finish = (values) => {
    closePopUp();
    anchor.focus({ preventScroll: true });
    done(values);
  };
  const box = h("div.popup.list", {
    role: "listbox",
    "aria-multiselectable": String(most > 1),
    onkeydown: (event) => walk(box, event),
  });
  const apply = h("button.button.primary", { type: "button", onclick: () => finish([...chosen]) }, "Choose");
  const toggle = (item, option) => {
    if (most === 1) return finish([item.value]);
    if (!chosen.delete(item.value) && chosen.size < most) chosen.add(item.value);
    option.setAttribute("aria-selected", String(chosen.has(item.value)));
    apply.disabled = chosen.size < least;
  };
  for (const item of items) {
    const option = h(
      "button.option",
      {
        type: "button",
        role: "option",
        "aria-selected": String(chosen.has(item.value)),
        onclick: () => toggle(item, option),
      },
      h("span.what", {}, h("b", {}, item.label), item.description ? h("small", {}, item.description) : null),
      icon("check"),
    );
    box.append(option);
  }
  if (most > 1) {
    apply.disabled = chosen.size < least;
    box.append(h("div.finish", {}, h("small", {}, `${least} to ${Math.min(most, items.length)}`), apply));
  }
  popUp(anchor, box);
  (box.querySelector("[aria-selected=true]") ?? box.querySelector("[role=option]"))?.focus();
}
