// Files under a message: pictures that open large, and cards for everything else.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { state } from "./state.js";

const WIDEST = { one: 420, several: 240 };
const TALLEST = { one: 420, several: 240 };

export function size(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(0)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function pictures(files, message) {
  if (!files.length) return null;
  return h(
    "div.pictures",
    {},
    files.map((file, index) => picture(file, `${message}.f${index}`, files.length > 1 ? "several" : "one")),
  );
}

/** A picture in a frame of its final size, so that nothing moves when it has loaded. */
export function picture(file, name, company = "one") {
  const scale = Math.min(1, WIDEST[company] / file.width, TALLEST[company] / file.height);
  const hidden = file.spoiler && !state.revealed.has(name);
  const [width, height] = [file.width, file.height].map((side) => Math.max(1, Math.round(side * scale)));
  return h(
    "button.picture",
    {
      type: "button",
      class: hidden ? "hidden" : "",
      "aria-label": hidden ? "Spoiler: show the picture" : `Enlarge: ${file.alt || file.name}`,
      dataset: hidden
        ? { do: "reveal", spoiler: name }
        : {
            do: "enlarge",
            src: file.url,
            alt: file.alt ?? "",
            name: file.name ?? "",
            size: `${file.width} × ${file.height}`,
          },
    },
    h("img", { src: file.url, alt: file.alt || file.name || "", title: file.alt, width, height }),
    hidden ? h("span.badge", {}, "Spoiler") : null,
  );
}

export function fileCard(file) {
  const playable = /^video\/(mp4|webm)$/.test(file.type);
  if (playable) return h("video.clip", { src: file.url, controls: true, preload: "metadata" });
  return h(
    "div.filecard",
    {},
    icon("file"),
    h(
      "span.what",
      {},
      h("a", { href: `${file.url}?download`, download: file.name }, file.name),
      h("small", {}, size(file.bytes)),
    ),
    h(
      "a.round",
      { href: `${file.url}?download`, download: file.name, title: "Download", "aria-label": `Download ${file.name}` },
      icon("download"),
    ),
  );
}
