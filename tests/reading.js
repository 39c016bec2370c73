// What tests/test_browser.py asks of a page, in the page: functions of one object.
({
  // Every visible piece of text: its words, the element it stands in, its boxes.
  pieces() {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    for (let node; (node = walker.nextNode()); ) {
      const element = node.parentElement;
      if (!node.data.trim() || element.closest("script,style,.unseen,.skip")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const boxes = [...range.getClientRects()].filter((box) => box.width && box.height);
      if (boxes.length && element.checkVisibility({visibilityProperty: true}))
        found.push({node, element, boxes, words: node.data.trim().slice(0, 40)});
    }
    return found;
  },

  // What lies outside the window, is cut by the element it stands in, or lies over other text. Tables,
  // which scroll sideways by themselves, may be wider.
  faults() {
    const width = document.documentElement.clientWidth, wrong = [];
    if (document.documentElement.scrollWidth > width) wrong.push(`the page is ${document.documentElement.scrollWidth} wide`);
    const pieces = this.pieces().filter(({element}) => !element.closest(".scroll"));
    for (const {element, boxes, words} of pieces) {
      if (boxes.some((box) => box.left < -1 || box.right > width + 1)) wrong.push(`outside: ${words}`);
      for (let around = element; around !== document.body; around = around.parentElement) {
        const style = getComputedStyle(around), box = around.getBoundingClientRect();
        if (style.overflowX !== "visible" && style.clipPath === "none" && around.scrollWidth > around.clientWidth + 1)
          wrong.push(`cut: ${words}`);
        if (style.display === "inline" || around.closest(".hero")) continue;
        if (boxes.some((own) => own.bottom > box.bottom + 4 || own.top < box.top - 4)) wrong.push(`below its box: ${words}`);
      }
    }
    const lines = pieces.flatMap(({boxes, words}) => boxes.map((box) => ({box, words})));
    lines.sort((one, two) => one.box.top - two.box.top);
    for (let i = 0; i < lines.length; i++) {
      const {box, words} = lines[i];
      for (let j = i + 1; j < lines.length && lines[j].box.top < box.bottom - 5; j++) {
        const other = lines[j].box;
        if (Math.min(box.right, other.right) - Math.max(box.left, other.left) > 2) wrong.push(`${words} | ${lines[j].words}`);
      }
    }
    return wrong;
  },

  // The size of all text, and how far its lines are apart where it runs on: [size, lines, words].
  sizes() {
    const running = "p,li,dd,td,blockquote,summary";
    return this.pieces().map(({element, words}) => {
      const style = getComputedStyle(element), size = parseFloat(style.fontSize);
      const runs = element.matches(running) && !element.closest(".top,footer .name");
      return [size, runs ? parseFloat(style.lineHeight) / size : null, words, element.closest("[lang]").lang];
    });
  },

  // Characters on each whole line of the paragraphs that a selector finds.
  lines(selector) {
    const found = [];
    for (const paragraph of document.querySelectorAll(selector)) {
      const lines = new Map(), range = document.createRange();
      const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
      for (let node; (node = walker.nextNode()); )
        for (let i = 0; i < node.length; i++) {
          range.setStart(node, i);
          range.setEnd(node, i + 1);
          const box = range.getBoundingClientRect();
          if (box.width) lines.set(Math.round(box.bottom), (lines.get(Math.round(box.bottom)) || 0) + 1);
        }
      found.push(...[...lines.values()].slice(0, -1));
    }
    return found;
  },

  // The element that has the keyboard: its ring, whether it is in view and on top, its size.
  stop() {
    const element = document.activeElement, style = getComputedStyle(element);
    const box = element.getClientRects()[0], whole = element.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return {
      words: element.outerHTML.slice(0, 120),
      ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
      seen:
        Math.min(box.left, innerWidth - box.right) >= 0 &&
        (whole.height > innerHeight - 100 || Math.min(whole.top, innerHeight - whole.bottom) >= 0),
      where: [whole.top, whole.bottom],
      onTop: element.contains(top),
      width: whole.width,
      height: whole.height,
      place: this.stops().indexOf(element),
    };
  },

  // How many elements move by themselves, or slowly.
  motions() {
    const moving = (style) =>
      style.transitionDuration !== "0s" || style.animationName !== "none" || style.scrollBehavior !== "auto";
    return [...document.querySelectorAll("*")].filter((each) => moving(getComputedStyle(each))).length;
  },

  // All that the keyboard should reach, in their order.
  stops() {
    const all = document.querySelectorAll("a[href],button,summary,input,[tabindex]");
    return [...all].filter((each) => each.checkVisibility());
  },
})
