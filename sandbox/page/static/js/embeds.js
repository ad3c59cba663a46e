// The framed cards that bots put under their words.

import { h } from "./dom.js";
import { picture } from "./files.js";
import { markdown } from "./markdown.js";
import { stamp } from "./times.js";

const near = (url) => url?.startsWith("/");

export function embed(one, name) {
  const text = (value, part) => (value ? markdown(value, `${name}.${part}`) : null);
  const card = h(
    "article.embed",
    {},
    h(
      "div.main",
      {},
      one.author ? h("div.author", {}, one.author.name) : null,
      one.title
        ? h(
            "div.title",
            {},
            one.url
              ? h("a", { href: one.url, target: "_blank", rel: "noopener noreferrer" }, text(one.title, "t"))
              : text(one.title, "t"),
          )
        : null,
      one.description ? h("div.text", {}, text(one.description, "d")) : null,
      one.fields?.length
        ? h(
            "div.fields",
            {},
            one.fields.map((field, index) =>
              h(
                "div.field",
                { class: field.inline ? "inline" : "" },
                h("div.fieldname", {}, text(field.name, `n${index}`)),
                h("div.text", {}, text(field.value, `v${index}`)),
              ),
            ),
          )
        : null,
      shown(one.image, `${name}.i`),
      foot(one),
    ),
    one.thumbnail ? h("div.thumbnail", {}, shown(one.thumbnail, `${name}.h`)) : null,
  );
  if (Number.isInteger(one.color)) card.style.setProperty("--edge", `#${one.color.toString(16).padStart(6, "0")}`);
  return card;
}

function foot(one) {
  const parts = [one.footer?.text, one.timestamp ? stamp(Date.parse(one.timestamp)) : null].filter(Boolean);
  return parts.length ? h("div.foot", {}, parts.join(" · ")) : null;
}

/** A picture from here; what lies elsewhere on the net is not fetched, only named. */
export function shown(medium, name) {
  if (!medium) return null;
  if (!near(medium.url))
    return h(
      "a.elsewhere",
      { href: medium.url, target: "_blank", rel: "noopener noreferrer" },
      "A picture that lies outside of the sandbox",
    );
  return picture(
    {
      url: medium.url,
      width: medium.width ?? 400,
      height: medium.height ?? 300,
      alt: medium.description ?? "",
      name: "",
      spoiler: medium.spoiler,
    },
    name,
  );
}
