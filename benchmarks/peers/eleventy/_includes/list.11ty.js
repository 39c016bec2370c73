import { base, escape, items, link, threads } from "./parts.js";

function pager({ newer, older, number }) {
  if (!newer && !older) return "";
  return `<nav class="pages" aria-label="Pages">
<ul>
${newer ? `<li><a rel="prev" href="${newer}">Newer questions: page ${number - 1}</a>\n` : ""}${
    older ? `<li><a rel="next" href="${older}">Older questions: page ${number + 1}</a>\n` : ""
  }</ul>
</nav>
`;
}

function year(list) {
  const beside = [["Earlier", list.earlier], ["Later", list.later]].filter(([, other]) => other);
  return `<nav class="pages" aria-label="Years">
<ul>
${items(beside, ([label, other]) => `<a href="${list.entry.url}${other}/">${label} year: ${other}</a>`)}<li><a href="${list.entry.url}">All of ${escape(list.entry.name)}</a>
</ul>
</nav>
`;
}

function entry(list) {
  const of = (list.specialties || []).map((one) => `<b>${link(one)}</b> · `).join("");
  return `<p class="lead">${of}${list.total || 0} questions</p>
${list.facts ? `<ul>\n${items(list.facts, escape)}</ul>\n` : ""}${
    list.html ? `<section>\n<h2>Introduction</h2>\n<div class="text">${list.html}</div>\n</section>\n` : ""
  }${list.doctors ? `<section>\n<h2>Doctors</h2>\n<ul class="flow">\n${items(list.doctors, link)}</ul>\n</section>\n` : ""}`;
}

export default function (data) {
  const { list } = data;
  const cards = list.key.startsWith("faq/");
  const years = (list.years || []).map((one) => ({ name: one, url: `/${list.key}/${one}/` }));
  const title = list.number > 1 ? `${list.title}, page ${list.number}` : list.title;
  const rest = list.entry ? year(list) : "";
  return base(data, {
    title,
    crumbs: list.crumbs,
    main: `<h1>${escape(title)}</h1>
${list.entry ? "" : entry(list)}<section>
<h2>${years.length ? "Newest questions" : "All questions"}</h2>
${threads(list.threads, cards)}${pager(list)}</section>
${years.length ? `<section>\n<h2>All questions by year</h2>\n<ul class="counts years">\n${items(years, link)}</ul>\n</section>\n` : ""}${rest}`,
  });
}
