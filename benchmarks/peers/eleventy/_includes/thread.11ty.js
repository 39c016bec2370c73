import { base, escape, excerpt, items, link, sections, threads, time } from "./parts.js";

function turn(one, number, html) {
  if (one.kind === "follow_up") {
    return `<section id="follow-up-${number}" class="turn ask">
<h2><b>Follow-up</b></h2>
<div class="text">${html}</div>
</section>
`;
  }
  return `<section id="reply-${number}" class="turn reply">
<h2><b>Reply</b> <a href="${one.doctor.url || ""}"><bdi>Dr. ${escape(one.doctor.name)}</bdi></a></h2>
<ul class="by">
<li>${link(one.specialty)}
${one.hospital ? `<li>${link(one.hospital)}\n` : ""}<li>Replied ${time(one.date)}
<li class="go"><a href="#reply-${number}">Link to this reply</a>
</ul>
<div class="text">${html}</div>
</section>
`;
}

function share(data) {
  const address = encodeURIComponent(data.archive.base_url + data.page.url);
  const title = encodeURIComponent(data.title);
  return `<section id="share">
<h2>Share</h2>
<ul class="flow">
<li><a rel="noopener nofollow" href="https://www.facebook.com/sharer/sharer.php?u=${address}">Share on Facebook</a>
<li><a rel="noopener nofollow" href="https://x.com/intent/post?url=${address}&amp;text=${title}">Share on X</a>
<li><a rel="noopener nofollow" href="https://social-plugins.line.me/lineit/share?url=${address}&amp;text=${title}">Share on LINE</a>
<li><a href="mailto:?subject=${title}&amp;body=${address}">Share by e-mail</a>
</ul>
</section>
`;
}

function main(data, parts) {
  const turns = data.turns || [];
  const { newer, older, similar } = data.collections.beside.get(data.page.url);
  const more = parts[turns.length + 1];
  const [name, ...facts] = data.asker || [];
  return `<article>
<h1>${escape(data.title)}</h1>
<ul class="by">
<li><b>${link(data.specialty)}</b>
${turns.length ? '<li class="go"><a href="#reply-1">Go to the reply</a>\n' : ""}</ul>
<section id="question" class="turn ask">
<h2><b>Question</b>${data.headline ? ` <span>${escape(data.headline)}</span>` : ""}</h2>
<div class="text">${parts[0]}</div>
<ul class="by">
${name ? `<li>Asked by <b><bdi>${escape(name)}</bdi></b>\n` : ""}${items(facts, escape)}<li>Asked ${time(data.page.date)}
</ul>
</section>
${turns.map((one, at) => turn(one, at + 1, parts[at + 1])).join("")}<section id="notice">
<h2>Before you rely on this</h2>
<div>
<p>A doctor's reply here is written for one person, from a description, without an examination. It is information, not medical advice for you.</p>
</div>
</section>
${share(data)}${
    more
      ? `<section id="more-info">
<h2>More Info</h2>
<div class="text">
<p class="by">Background to the reply.</p>
<div>${more}</div>
</div>
</section>
`
      : ""
  }</article>
${similar.length ? `<section id="similar">\n<h2>Similar Q&amp;A</h2>\n${threads(similar, true)}</section>\n` : ""}${
    data.topics ? `<section id="faq">\n<h2>Related FAQ</h2>\n<ul>\n${items(data.topics, link)}</ul>\n</section>\n` : ""
  }<section id="neighbours">
<h2>More in ${escape(data.specialty.name)}</h2>
<ul>
${newer ? `<li><a href="${newer.url}">Newer: <bdi>${escape(newer.data.title)}</bdi></a>\n` : ""}${
    older ? `<li><a href="${older.url}">Older: <bdi>${escape(older.data.title)}</bdi></a>\n` : ""
  }</ul>
</section>
`;
}

export default function (data) {
  const parts = sections(data.content);
  return base(data, {
    title: data.title,
    heading: `${data.title} – ${data.specialty.name}`,
    crumbs: data.crumbs,
    description: excerpt(parts[0], 155),
    main: main(data, parts),
  });
}
