// A picture as large as the window allows.

import { h } from "./dom.js";
import { icon } from "./icons.js";

export function enlarge({ src, alt, name, size }) {
  const image = h("img", { src, alt });
  const dialog = h(
    "dialog.lightbox",
    {
      "aria-label": alt || "Picture",
      onclick: (event) => event.target === image || event.target.closest("a") || dialog.close(),
      onclose: () => dialog.remove(),
    },
    image,
    h(
      "div.caption",
      {},
      h("span", {}, alt || name),
      h("small", {}, size),
      h("a.button.secondary", { href: `${src}?download`, download: name }, icon("download"), "Save"),
      h("button.button.secondary", { type: "button" }, icon("close"), "Close"),
    ),
  );
  image.addEventListener("load", () => grow(image));
  document.body.append(dialog);
  dialog.showModal();
}

/** Small pictures are shown larger too, by a whole factor so that they stay crisp. */
function grow(image) {
  const factor = Math.floor(
    Math.min((innerWidth * 0.9) / image.naturalWidth, (innerHeight * 0.8) / image.naturalHeight),
  );
  if (factor > 1) image.style.width = `${image.naturalWidth * factor}px`;
}
