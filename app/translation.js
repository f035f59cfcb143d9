// Keeps live text live while the browser translates the page. A translator takes text nodes out of
// the document and puts `<font>` elements with the translation in their place; the page would go on
// writing into nodes that nobody sees. Here the nodes are put back, empty, before their
// translation: when the page writes into one or removes it, the translation goes, and the translator
// sees the new text. `cargo xtask build` puts this file in front of start.js.
{
  const fonts = document.getElementsByTagName("font");
  // Each: `texts`, [node, its original text] in order; `fonts`, their translation.
  let groups = [];

  const restore = (group, written) => {
    for (const [text, original] of group.texts) {
      if (text !== written && text.data === "") text.data = original;
    }
    for (const font of group.fonts) font.remove();
    groups = groups.filter((other) => other !== group);
  };

  const adopt = (parent, { texts, added }) => {
    // One translation for each text, or one for all where the translator has joined them.
    const apart = texts.length === added.length;
    const parts = apart ? texts.map((text, at) => [[text], [added[at]]]) : [[texts, added]];
    for (const [from, to] of parts) {
      for (const text of from) parent.insertBefore(text, to[0]);
      groups.push({ texts: from.map((text) => [text, text.data]), fonts: to });
      for (const text of from) {
        text.data = "";
        observer.observe(text, { characterData: true });
      }
    }
  };

  const changed = (records) => {
    if (fonts.length === 0 && groups.length === 0) return;
    const translated = new Map();
    for (const { type, target, addedNodes, removedNodes } of records) {
      if (type === "characterData") {
        const group = groups.find(({ texts }) => texts.some(([text]) => text === target));
        if (group && target.data !== "") restore(group, target);
        continue;
      }
      for (const node of removedNodes) {
        const group = groups.find(
          ({ texts, fonts }) => fonts.includes(node) || texts.some(([text]) => text === node),
        );
        // A node that was moved, or put back here, is still in the document.
        if (group && !node.isConnected) {
          // A translator that shows the original again may use a text node of its own.
          if (node.nodeName === "FONT") {
            for (const added of addedNodes) {
              const own = group.texts.some(([text]) => text === added);
              if (added.nodeName === "#text" && !own) added.remove();
            }
          }
          restore(group, node.nodeName === "FONT" ? null : node);
        } else if (!group && node.nodeName === "#text" && !node.isConnected && node.data.trim()) {
          of(translated, target).texts.push(node);
        }
      }
      for (const node of addedNodes) {
        const known = groups.some(({ fonts }) => fonts.includes(node));
        if (node.nodeName === "FONT" && node.parentNode === target && !known) {
          of(translated, target).added.push(node);
        }
      }
    }
    for (const [parent, found] of translated) {
      if (found.texts.length > 0 && found.added.length > 0) adopt(parent, found);
    }
    groups = groups.filter(({ texts, fonts }) =>
      [...fonts, ...texts.map(([text]) => text)].some((node) => node.isConnected),
    );
    // What was changed here needs no answer, but a write to a node that is now observed does.
    const later = observer.takeRecords().filter(({ type, target }) =>
      type === "characterData" && target.data !== "",
    );
    if (later.length > 0) changed(later);
  };

  const of = (map, parent) => {
    if (!map.has(parent)) map.set(parent, { texts: [], added: [] });
    return map.get(parent);
  };

  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { childList: true, subtree: true });
}
