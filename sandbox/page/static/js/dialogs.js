// Small questions.

import { h } from "./dom.js";

/** Ask for a yes, or with `label` for a line of text; resolves to true or the text, and to null for no. */
export function ask({ title, text = "", label = "", value = "", yes = "Yes", danger = false, most = 200 }) {
  return new Promise((resolve) => {
    const input = label ? h("input", { type: "text", value, maxlength: most, required: true }) : null;
    const dialog = h(
      "dialog.question",
      {
        "aria-label": title,
        onclose: () => {
          dialog.remove();
          resolve(dialog.returnValue === "yes" ? (input ? input.value.trim() : true) : null);
        },
      },
      h(
        "form",
        {
          method: "dialog",
          onsubmit: (event) => {
            event.preventDefault();
            dialog.close("yes");
          },
        },
        h("h2", {}, title),
        text ? h("p", {}, text) : null,
        label ? h("label", {}, h("span.label", {}, label), input) : null,
        h(
          "div.buttons",
          {},
          h("button.button.secondary", { type: "button", onclick: () => dialog.close() }, "Cancel"),
          h("button.button", { type: "submit", class: danger ? "danger" : "primary", autofocus: !input }, yes),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
    input?.select();
  });
}
