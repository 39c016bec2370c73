// The archive with Eleventy: lists, their pages, and who is newer and older are collections made here.

import MarkdownIt from "markdown-it";

const PER_PAGE = 20;

function grouped(threads, keys) {
  const groups = new Map();
  for (const thread of threads) {
    for (const key of keys(thread.data) || []) {
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(thread);
    }
  }
  return groups;
}

function* numbered(entry, threads) {
  const last = Math.max(1, Math.ceil(threads.length / PER_PAGE));
  const url = (number) => (number === 1 ? `/${entry.key}/` : `/${entry.key}/page/${number}/`);
  for (let number = 1; number <= last; number += 1) {
    yield {
      ...entry,
      url: url(number),
      number,
      threads: threads.slice((number - 1) * PER_PAGE, number * PER_PAGE),
      newer: number > 1 ? url(number - 1) : "",
      older: number < last ? url(number + 1) : "",
    };
  }
}

export default function (config) {
  let newest;
  const threads = (api) => {
    newest ??= api.getFilteredByTag("threads").sort((a, b) => b.date - a.date || (a.url < b.url ? 1 : -1));
    return newest;
  };
  config.on("eleventy.before", () => {
    newest = undefined;
  });
  config.addPassthroughCopy({ assets: "assets" });
  const markdown = new MarkdownIt();
  config.setLibrary("md", markdown);
  config.addCollection("newest", (api) => threads(api).slice(0, 10));

  config.addCollection("listPages", (api) => {
    const { lists, years } = api.getAll()[0].data.archive;
    const members = grouped(threads(api), (data) => data.lists);
    const inYear = grouped(threads(api), (data) => data.years);
    const pages = [];
    for (const told of lists) {
      const list = { ...told, html: told.body ? markdown.render(told.body) : "" };
      const found = members.get(list.key) || [];
      if (list.years) pages.push({ ...list, url: `/${list.key}/`, number: 1, threads: found.slice(0, PER_PAGE) });
      else pages.push(...numbered(list, found));
    }
    for (const year of years) pages.push(...numbered(year, inYear.get(year.key) || []));
    return pages;
  });

  // Newer and older in the specialty. Where that is asked for, four more: the newest of the thread's first topics, and
  // of its specialty where these have too few.
  config.addCollection("beside", (api) => {
    const found = new Map();
    for (const group of grouped(threads(api), (data) => [data.specialty.url]).values()) {
      group.forEach((thread, at) => found.set(thread.url, { newer: group[at - 1], older: group[at + 1], similar: [] }));
    }
    const topicsOf = (data) => [...(data.topics || []), data.specialty].map((topic) => topic.url);
    const topics = grouped(threads(api), topicsOf);
    for (const thread of threads(api)) {
      if (!thread.data.archive.related) break;
      const similar = new Set();
      for (const topic of topicsOf(thread.data)) {
        for (const other of topics.get(topic).slice(0, 5)) if (other !== thread) similar.add(other);
        if (similar.size >= 4) break;
      }
      found.get(thread.url).similar = [...similar].slice(0, 4);
    }
    return found;
  });

  return {
    dir: { input: "content", includes: "../_includes", data: "../_data", output: "public" },
    markdownTemplateEngine: false,
    templateFormats: ["md", "11ty.js"],
  };
}
