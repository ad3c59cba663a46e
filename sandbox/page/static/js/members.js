// Who is in the server.

import { userMenu } from "./menus.js";
import { $, delegate, h, render } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, botTag, nameHue } from "./people.js";
import { currentGuild, on, state } from "./state.js";

const list = $("#members");

function rank(member) {
  if (member.bot) return "Bot";
  return member.owner || member.moderator ? "Moderation" : "Members";
}

function row(member) {
  const badge = member.owner ? icon("crown") : member.moderator && !member.bot ? icon("shield") : null;
  return h(
    "button.person",
    { type: "button", dataset: { do: "user", user: member.id } },
    avatar(member),
    h("span.name", { dataset: { hue: nameHue(member) } }, member.name),
    botTag(member),
    badge,
  );
}

on("directory place", () => {
  const guild = currentGuild();
  if (!guild) return render(list);
  const ranks = ["Moderation", "Members", "Bot"].map((name) => [
    name,
    guild.members.filter((member) => rank(member) === name),
  ]);
  render(
    list,
    ranks.filter(([, all]) => all.length).map(([name, all]) => [h("h3", {}, `${name} · ${all.length}`), all.map(row)]),
  );
});
delegate(list, "click", { user: (element) => userMenu(state.directory.users[element.dataset.user], element) });
