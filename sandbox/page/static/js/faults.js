// One small form for each fault that can be ordered.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { ask } from "./link.js";
import { complain, notify } from "./toasts.js";

export function faultForms(offered) {
  return h("div.listing", {}, offered.map(faultForm));
}

function faultForm(fault) {
  const controls = fault.parameters.map((parameter) => ({ parameter, ...control(parameter) }));
  const submit = async (event) => {
    event.preventDefault();
    const parameters = Object.fromEntries(controls.map(({ parameter, value }) => [parameter.name, value()]));
    try {
      await ask("order_fault", { name: fault.name, parameters });
      notify(`Ordered: ${fault.title}.`);
    } catch (error) {
      complain(error);
    }
  };
  return h(
    "details.fault",
    { name: "fault" },
    h("summary", {}, h("span", {}, h("b", {}, fault.title), h("small", {}, fault.description)), icon("down")),
    h(
      "form",
      { onsubmit: submit, "aria-label": fault.title },
      controls.map(({ parameter, element }) =>
        h("label", { class: parameter.kind }, h("span", {}, parameter.title), element),
      ),
      h("button.button.primary", { type: "submit" }, "Order it"),
    ),
  );
}

/** An input for a parameter, and how its value is read. */
function control({ kind, default: initial, choices, title }) {
  switch (kind) {
    case "flag": {
      const element = h("input", { type: "checkbox", checked: initial });
      return { element, value: () => element.checked };
    }
    case "choice": {
      const element = h(
        "select",
        { "aria-label": title },
        choices.map((choice) => h("option", { value: String(choice), selected: choice === initial }, String(choice))),
      );
      return { element, value: () => choices[element.selectedIndex] };
    }
    case "integer":
    case "number": {
      const element = h("input", {
        type: "number",
        value: initial,
        step: kind === "integer" ? 1 : "any",
        required: true,
      });
      return { element, value: () => Number(element.value) };
    }
    default: {
      const element = h("input", { type: "text", value: initial, spellcheck: "false" });
      return { element, value: () => element.value };
    }
  }
}
