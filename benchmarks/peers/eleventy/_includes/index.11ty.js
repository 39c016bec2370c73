import { base, counts, escape, link, threads } from "./parts.js";

const section = (heading, body, id = "") =>
  `<section class="short"${id && ` id="${id}"`}>\n<h2>${escape(heading)}</h2>\n${body}</section>\n`;

// What each index shows, by its kind.
const shown = {
  lists: (data, lists) => counts(lists.filter((list) => list.key.startsWith(`${data.of}/`))),
  doctors(data, lists) {
    const groups = new Map();
    for (const list of lists.filter(({ key }) => key.startsWith("doctors/"))) {
      for (const { name } of list.specialties || []) groups.set(name, [...(groups.get(name) || []), list]);
    }
    return [...groups].map(([name, doctors]) => section(name, counts(doctors))).join("");
  },
  topics: (data) =>
    data.archive.letters
      .map(({ letter, topics }) => {
        const lines = topics.map(({ name, pages }) => {
          const links = pages.map((to) => `<a href="${to.url}"><b>${escape(name)}</b> ${escape(to.name)}</a>\n`);
          return `<li>\n${links.join("")}`;
        });
        return section(letter, `<ul class="counts topics">\n${lines.join("")}</ul>\n`, `m-${letter}`);
      })
      .join(""),
  home: (data, lists) =>
    section("Specialties", counts(lists.filter((list) => list.key.startsWith("specialties/")))) +
    section("Newest questions", threads(data.collections.newest, false)),
  faq: (data, lists) =>
    `<p class="lead"><b>${link(data.specialty)}</b></p>\n` +
    counts(lists.filter((list) => list.key.startsWith(`${data.of}/`))),
  text: (data) => `<div class="text">${data.content}</div>\n`,
};

export default function (data) {
  const body = shown[data.kind](data, data.archive.lists);
  return base(data, { title: data.title, crumbs: data.crumbs, main: `<h1>${escape(data.title)}</h1>\n${body}` });
}
