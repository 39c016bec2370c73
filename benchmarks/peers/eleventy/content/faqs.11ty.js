// The topics of each specialty.

export const data = {
  layout: "index.11ty.js",
  kind: "faq",
  pagination: { data: "archive.faqs", size: 1, alias: "faq" },
  permalink: (data) => `${data.faq.url}index.html`,
  eleventyComputed: {
    title: (data) => `FAQ: ${data.faq.name}`,
    of: (data) => data.faq.url.slice(1, -1),
    specialty: (data) => ({ name: data.faq.name, url: data.faq.url.replace("/faq/", "/specialties/") }),
  },
};

export const render = () => "";
