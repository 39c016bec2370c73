// The pieces that pages share.

const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const MONTHS = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];

export const escape = (text) => String(text).replace(/[&<>"]/g, (character) => ESCAPED[character]);

export function day(date) {
  const on = new Date(date);
  return `${on.getUTCDate()} ${MONTHS[on.getUTCMonth()]} ${on.getUTCFullYear()}`;
}

export const time = (date) =>
  `<time datetime="${new Date(date).toISOString().slice(0, 10)}">${day(date)}</time>`;

export const link = (to) =>
  to.url ? `<a href="${to.url}"><bdi>${escape(to.name)}</bdi></a>` : `<bdi>${escape(to.name)}</bdi>`;

export const items = (all, shown) => all.map((one) => `<li>${shown(one)}\n`).join("");

// The HTML of a thread's sections: what follows each heading of level 2.
export const sections = (html) => html.split("<h2").slice(1).map((part) => part.slice(part.indexOf("</h2>") + 5));

// The text is HTML with its entities, so it needs no escaping.
export function excerpt(html, limit = 280) {
  const text = html.replace(/<[^>]*>/g, "").replace(/\s+/g, " ").trim();
  if (text.length <= limit) return text;
  const cut = text.lastIndexOf(" ", limit);
  return `${text.slice(0, cut > limit / 2 ? cut : limit)}…`;
}

const known = new Map();

function told(thread) {
  let found = known.get(thread.url);
  if (!found) {
    const parts = sections(thread.content);
    const doctor = thread.data.turns?.[0]?.doctor;
    found = {
      ask: excerpt(parts[0]),
      said: parts[1] ? excerpt(parts[1]) : "",
      by: doctor ? `Dr. ${escape(doctor.name)}` : "",
      title: escape(thread.data.title),
    };
    known.set(thread.url, found);
  }
  return found;
}

function card(thread) {
  const { ask, said, by, title } = told(thread);
  const reply = by
    ? `<div class="said">
<p class="by"><b><bdi>${by}</bdi></b> · ${escape(thread.data.specialty.name)}</p>
<p>${said}</p>
</div>
`
    : "";
  return `<article class="card">
<h3>${title}</h3>
<p class="ask">${ask}</p>
${reply}<p><a href="${thread.url}">Read more: ${title} (${by && `${by}, `}${day(thread.date)})</a></p>
</article>
`;
}

function row(thread) {
  const { ask, by, title } = told(thread);
  return `<li><a href="${thread.url}">${title}<span> (${by && `${by}, `}${day(thread.date)})</span></a>
<p>${ask}</p>
`;
}

export const threads = (all, asCards) =>
  asCards
    ? `<div>\n${all.map(card).join("")}</div>\n`
    : `<ul class="rows">\n${all.map(row).join("")}</ul>\n`;

export const counts = (lists) =>
  `<ul class="counts">\n${items(
    lists,
    (list) => `<a href="/${list.key}/"><bdi>${escape(list.title)}</bdi></a> <span>${list.total || 0} questions</span>`,
  )}</ul>\n`;

export function base(data, { title, heading = title, crumbs, description, main }) {
  const name = escape(data.archive.name);
  const here = data.page.url;
  const menu = ["Specialties", "Topics", "Doctors", "Hospitals"].map((label) => {
    const url = `/${label.toLowerCase()}/`;
    return `<a href="${url}"${url === here ? ' aria-current="page"' : ""}>${label}</a>\n`;
  });
  const way = crumbs
    ? `<nav class="crumbs" aria-label="You are here">
<ol>
<li><a href="/"><bdi>Home</bdi></a>
${items(crumbs, link)}</ol>
</nav>
`
    : "";
  return `<!DOCTYPE html>
<html lang="${data.lang || "en"}" dir="ltr">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(heading)} · ${name}</title>
${description ? `<meta name="description" content="${description.replaceAll('"', "&quot;")}">\n` : ""}<link rel="canonical" href="${data.archive.base_url}${here}">
<link rel="stylesheet" href="/assets/site.css">
<link rel="icon" href="/assets/icon.svg">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<div>
<a class="name" href="/"><img src="/assets/icon.svg" alt="" width="32" height="32"><bdi>${name}</bdi></a>
<nav aria-label="The archive">
${menu.join("")}</nav>
</div>
</header>
${way}<main id="main">
${main}</main>
<footer>
<div>
<p><b><bdi>${name}</bdi></b>
<div>
<p>What stands here was written for one person at one time. It does not replace a visit to a doctor.
</div>
</div>
</footer>
`;
}
