// Times: in messages, in their headers, and those that count.

import { h } from "./dom.js";

const format = (options) => new Intl.DateTimeFormat(undefined, options);
const STYLES = {
  t: format({ timeStyle: "short" }),
  T: format({ timeStyle: "medium" }),
  d: format({ dateStyle: "short" }),
  D: format({ dateStyle: "long" }),
  f: format({ dateStyle: "long", timeStyle: "short" }),
  F: format({ dateStyle: "full", timeStyle: "short" }),
};
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

function relative(unix) {
  const seconds = Math.round(unix - Date.now() / 1000);
  for (const [unit, size] of UNITS)
    if (Math.abs(seconds) >= size) return RELATIVE.format(Math.round(seconds / size), unit);
  return RELATIVE.format(seconds, "second");
}

/** `<t:unix:style>`; relative ones are kept current by `tick`. */
export function moment(unix, style = "f") {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.getTime())) return "an unknown time";
  const counting = style === "R";
  return h(
    "time.stamp",
    { title: STYLES.F.format(date), dataset: counting ? { relative: unix } : {} },
    counting ? relative(unix) : STYLES[style].format(date),
  );
}

function tick() {
  for (const each of document.querySelectorAll("time[data-relative]")) {
    const text = relative(Number(each.dataset.relative));
    if (each.textContent !== text) each.textContent = text;
  }
}
setInterval(() => document.hidden || tick(), 1000);

export const clock = (ms) => STYLES.t.format(ms);
export const full = (ms) => STYLES.F.format(ms);
export const day = (ms) => STYLES.D.format(ms);

/** A message's time as its header shows it. */
export function stamp(ms) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(ms).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return `Today at ${clock(ms)}`;
  if (days === 1) return `Yesterday at ${clock(ms)}`;
  return `${STYLES.d.format(ms)} ${clock(ms)}`;
}
