// One page for each page of each list; the layout shows it, when all threads have been rendered.

export const data = {
  layout: "list.11ty.js",
  pagination: { data: "collections.listPages", size: 1, alias: "list" },
  permalink: (data) => `${data.list.url}index.html`,
  eleventyExcludeFromCollections: true,
};

export const render = () => "";
