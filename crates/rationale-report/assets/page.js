"use strict";
(() => {
  const PAGE_ROWS = 25;
  const SHOWN_FEATURES = 10;
  // A gap between the last step and the prediction that is wider than this share of the axis can be seen, and is said.
  const VISIBLE_GAP = 0.003;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("case-data").textContent);
  const root = byId("cases");
  const body = root.querySelector("tbody");
  const heads = [...root.querySelectorAll("thead th")];
  const article = byId("case");
  const state = { query: "", only: new Map(), column: -1, ascending: true, page: 0, open: -1 };
  // Columns of few words can be filtered by them.
  const FEW_WORDS = 12;

  // Words that cases share stand in the page once; a note's values stand where its sentence has slots.
  const contributionsOf = (one) => data.names.map((_, place) => [place, one.values[place], data.texts[one.texts[place]]])
    .filter(([, value]) => value !== 0);
  const notesOf = (one) => one.notes.map(([title, sentence, values]) => {
    const left = values.slice();
    return { title: data.titles[title], text: data.sentences[sentence].replaceAll("\ufffc", () => left.shift() ?? "") };
  });

  // Numbers as in the rest of the report.
  const power = (size) => size.toExponential(2).replace(/[.]?0*e[+]?/, "e").replace("-", "\u2212");
  const format = (value) => {
    if (value === null) return "not a number";
    const size = Math.abs(value);
    if (size === 0) return "0";
    const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : size >= 0.001 ? 4 : 5;
    const fixed = (Math.round(size * 10 ** digits) / 10 ** digits).toFixed(digits);
    const text = size < 1e-4 || size >= 1e9 ? power(size)
      : digits === 0 ? fixed : fixed.replace(/0+$/, "").replace(/[.]$/, "");
    return (value < 0 ? "\u2212" : "") + text;
  };
  const signed = (value) => (value > 0 ? "+" : "") + format(value);
  const shown = (cell) => (typeof cell === "number" ? format(cell) : String(cell ?? ""));
  const cases = (n) => `${n} ${n === 1 ? "case" : "cases"}`;
  const nameOf = (place) => (data.names[place].trim() ? data.names[place] : "(no name)");
  // After letters that run from right to left a mark keeps the value from becoming part of the name.
  const pair = (name, text) =>
    `${name}${/[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/.test(name) ? "\u200e" : ""} = ${text}`;

  const filled = (node, attributes, children) => {
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const element = (name, attributes, ...children) => filled(document.createElement(name), attributes, children);
  const svg = (name, attributes, ...children) =>
    filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

  // The table: which rows, in which order, which page of them.
  const plain = (text) => text.toLowerCase().replaceAll("\u2212", "-");
  const haystack = (one) =>
    plain([one.id, ...one.cells, ...one.cells.map(shown), ...notesOf(one).flatMap((note) => [note.title, note.text])].join(" "));
  // Made when the first word is typed: a page should open at once.
  let haystacks = null;
  const holds = (row, words) => {
    if (!words.length) return true;
    haystacks ??= data.cases.map(haystack);
    return words.every((word) => haystacks[row].includes(word));
  };
  const passes = (row) => [...state.only].every(([column, word]) => data.cases[row].cells[column] === word);
  const compare = (a, b) => (typeof a === "number" && typeof b === "number"
    ? a - b : String(a ?? "").localeCompare(String(b ?? ""), undefined, { numeric: true }));

  const found = () => {
    const words = plain(state.query).split(/\s+/).filter(Boolean);
    const rows = [...data.cases.keys()].filter((row) => passes(row) && holds(row, words));
    if (state.column < 0) return rows;
    const cell = (row) => data.cases[row].cells[state.column];
    return rows.sort((a, b) => (state.ascending ? 1 : -1) * compare(cell(a), cell(b)) || a - b);
  };

  const drawTable = () => {
    const rows = found();
    const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
    state.page = Math.min(state.page, pages - 1);
    const lines = rows.slice(state.page * PAGE_ROWS, (state.page + 1) * PAGE_ROWS).map(line);
    body.replaceChildren(...(lines.length ? lines : [nothing()]));
    byId("count").textContent = rows.length === data.cases.length
      ? cases(rows.length) : `${rows.length} of ${cases(data.cases.length)}`;
    byId("where").textContent = `page ${state.page + 1} of ${pages}`;
    byId("previous").disabled = state.page === 0;
    byId("next").disabled = state.page === pages - 1;
    root.querySelector(".pages").hidden = pages === 1;
    heads.forEach((head, column) => {
      if (column === state.column) head.setAttribute("aria-sort", state.ascending ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    markOpen();
  };

  const nothing = () =>
    element("tr", { class: "none" }, element("td", { colspan: Math.max(1, heads.length) }, "No case is found."));

  const line = (row) => {
    const one = data.cases[row];
    const button = element("button", { type: "button", "aria-label": `Open case ${one.id}` }, shown(one.cells[0]) || one.id);
    const cell = (column, content) =>
      element("td", heads[column]?.classList.contains("number") ? { class: "number" } : {}, content);
    const rest = data.columns.slice(1).map((_, k) => cell(k + 1, shown(one.cells[k + 1])));
    const tr = element("tr", { "data-row": row }, cell(0, button), ...rest);
    // A click anywhere in the row opens it, unless it ends the selection of text.
    tr.addEventListener("click", (event) => {
      if (event.target === button || !String(getSelection())) openByHand(row);
    });
    return tr;
  };

  const markOpen = () => body.querySelectorAll("tr[data-row]").forEach((tr) => {
    const isOpen = Number(tr.dataset.row) === state.open;
    tr.classList.toggle("open", isOpen);
    if (isOpen) tr.setAttribute("aria-current", "true");
    else tr.removeAttribute("aria-current");
  });

  // One case.
  const open = (row) => {
    const one = data.cases[row];
    state.open = row;
    markOpen();
    const picture = element("div", { class: "waterfall" });
    article.hidden = false;
    article.replaceChildren(element("h3", { id: "case-title" }, `Case ${one.id}`), facts(one), ...notes(one),
      picture, ...gap(one), contributions(sorted(one)), back());
    drawWaterfall(picture, one);
  };

  const openByHand = (row) => {
    open(row);
    history.replaceState(null, "", "#case-" + encodeURIComponent(data.cases[row].id));
    show();
  };

  const show = () => {
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: "start" });
  };

  const facts = (one) => element("dl", {}, ...data.columns.map((name, column) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, shown(one.cells[column])))));

  const notes = (one) => (one.notes.length ? [element("ol", { class: "notes" }, ...notesOf(one).map((note) =>
    element("li", {}, element("strong", {}, note.title), note.text)))] : []);

  const contributions = (rows) => {
    const number = { class: "number" };
    const head = element("tr", {}, element("th", { scope: "col" }, "feature"),
      element("th", { scope: "col", ...number }, "contribution"), element("th", { scope: "col" }, "value"));
    const line = ([name, value, text]) => element("tr", {}, element("td", {}, nameOf(name)),
      element("td", number, signed(value)), element("td", {}, text));
    const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows.map(line)));
    const all = `All contributions that are not 0 (${rows.length})`;
    return element("details", {}, element("summary", {}, all),
      element("div", { class: "scroll", role: "group", "aria-label": "Table of contributions", tabindex: "0" }, table));
  };

  const back = () => {
    const button = element("button", { type: "button", class: "back" }, "Back to the table");
    button.addEventListener("click", () => {
      const target = body.querySelector("tr.open button") || byId("search");
      target.focus();
      target.scrollIntoView({ block: "center" });
    });
    return button;
  };

  const gap = (one) => {
    const steps = stepsOf(one), end = steps.length ? steps[0].to : one.base;
    const [low, high] = range(one, steps);
    if (Math.abs(end - one.prediction) <= VISIBLE_GAP * (high - low)) return [];
    return [element("p", { class: "gap" }, `The attributions lead to ${format(end)}, not to the prediction.`)];
  };

  // From top to bottom: the largest contribution first, what has no line of its own last.
  const sorted = (one) => contributionsOf(one).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const stepsOf = (one) => {
    const rows = sorted(one);
    const named = rows.length > SHOWN_FEATURES ? rows.slice(0, SHOWN_FEATURES - 1) : rows;
    const others = rows.slice(named.length);
    const steps = named.map(([name, value, text]) => ({ name: nameOf(name), text, value }));
    if (others.length) {
      const value = others.reduce((total, [, part]) => total + part, 0);
      steps.push({ name: `${others.length} other features`, text: "", value });
    }
    let sum = one.base;
    for (const step of steps.slice().reverse()) {
      step.from = sum;
      sum += step.value;
      step.to = sum;
    }
    return steps;
  };

  const range = (one, steps) => {
    const ends = steps.flatMap((step) => [step.from, step.to]).concat(one.base, one.prediction);
    return [Math.min(...ends), Math.max(...ends)];
  };

  // Writes and measures inside a picture that the page shows.
  const penOn = (picture) => {
    const ruler = picture.appendChild(svg("text", { visibility: "hidden" }));
    const measure = (text) => {
      ruler.textContent = text;
      return ruler.getComputedTextLength();
    };
    const write = (attributes, text) => picture.appendChild(svg("text", attributes, text));
    const upright = (x, y1, y2) => picture.append(svg("line", { x1: x, y1, x2: x, y2 }));
    // Shortened in the middle until it fits.
    const fit = (text, room) => {
      if (measure(text) <= room) return text;
      const letters = [...text];
      let shortened = "\u2026";
      for (let keep = letters.length - 1; keep > 0; keep -= 1) {
        const head = letters.slice(0, Math.ceil(keep / 2)), tail = letters.slice(letters.length - Math.floor(keep / 2));
        shortened = [...head, "\u2026", ...tail].join("");
        if (measure(shortened) <= room) break;
      }
      return shortened;
    };
    return { picture, measure, write, upright, fit };
  };

  // Where everything lies: names beside the bars where there is room for both, else above them.
  const layoutOf = (one, steps, width, pen) => {
    const widest = (texts, least) => Math.max(least, ...texts.map(pen.measure));
    const values = (isThere) => widest(steps.filter((step) => isThere(step.value)).map((step) => signed(step.value)), 0) + 10;
    const beside = width >= 620, row = beside ? 28 : 46, top = 28;
    const names = beside ? Math.min(0.4 * width, widest(steps.map(labelOf), 40)) : width;
    const start = (beside ? names + 12 : 0) + values((value) => value < 0), end = width - values((value) => value >= 0);
    const [low, high] = range(one, steps), span = high - low || 1;
    const scale = (value) => start + (value - low) / span * (end - start);
    const middle = (position) => top + row * position + (beside ? row / 2 : 31);
    return { width, beside, row, top, bottom: top + row * steps.length, names, scale, middle };
  };

  const labelOf = (step) => (step.text ? pair(step.name, step.text) : step.name);

  // Name and value are each shortened by themselves: the value keeps at least two fifths of the room.
  const fittedLabel = (step, room, pen) => {
    if (!step.text) return pen.fit(step.name, room);
    // Spaces at the ends of a text have no width in a picture; these do.
    const both = room - pen.measure("\u00a0=\u00a0");
    const value = Math.min(pen.measure(step.text), Math.max(0.4 * both, both - pen.measure(step.name)));
    return pair(pen.fit(step.name, both - value), pen.fit(step.text, value));
  };

  const drawName = (step, y, layout, pen) => {
    const text = fittedLabel(step, layout.names, pen);
    const at = layout.beside ? { x: layout.names, y: y + 4, "text-anchor": "end" } : { class: "rim", x: 0, y: y - 16 };
    const node = pen.write(at, text);
    if (text !== labelOf(step)) node.prepend(svg("title", {}, labelOf(step)));
  };

  const drawStep = (step, y, layout, pen) => {
    const from = layout.scale(step.from), to = layout.scale(step.to), isDown = step.value < 0;
    const neck = to - Math.sign(to - from) * Math.min(6, Math.abs(to - from));
    const points = [[from, y - 9], [neck, y - 9], [to, y], [neck, y + 9], [from, y + 9]];
    const cls = isDown ? "minus" : "plus";
    pen.picture.append(svg("polygon", { class: cls, points: points.map((at) => at.join(",")).join(" ") }));
    pen.write({ class: `${cls} rim`, x: isDown ? to - 5 : to + 5, y: y + 4, "text-anchor": isDown ? "end" : "start" },
      signed(step.value));
  };

  // A short line at a value, and what it is.
  const drawMark = (text, value, y, [from, to], layout, pen) => {
    const words = pen.fit(text, layout.width), half = pen.measure(words) / 2, x = layout.scale(value);
    pen.upright(x, from, to);
    pen.write({ class: "rim", x: Math.max(half, Math.min(layout.width - half, x)), y, "text-anchor": "middle" }, words);
  };

  const drawWaterfall = (frame, one) => {
    const steps = stepsOf(one), width = Math.max(280, Math.floor(frame.clientWidth));
    const picture = svg("svg", { role: "img",
      "aria-label": `From the base value ${format(one.base)} to ${data.output} ${format(one.prediction)}` });
    frame.replaceChildren(picture);
    const pen = penOn(picture), layout = layoutOf(one, steps, width, pen), { top, bottom } = layout;
    filled(picture, { viewBox: `0 0 ${width} ${bottom + 26}`, width, height: bottom + 26 }, []);
    drawMark(`${data.output} ${format(one.prediction)}`, one.prediction, 12, [16, layout.middle(0) - 10], layout, pen);
    drawMark(`base value ${format(one.base)}`, one.base, bottom + 18, [bottom - 4, bottom + 6], layout, pen);
    steps.forEach((step, position) => {
      const y = layout.middle(position);
      if (position + 1 < steps.length) pen.upright(layout.scale(step.from), y + 9, y + layout.row - 9);
      drawName(step, y, layout, pen);
      drawStep(step, y, layout, pen);
    });
  };

  // One feature over the cases: numbers along a scale, words side by side in order of what they contribute.
  const MOST_DOTS = 2000, MOST_WORDS = 12, DOTS_HEIGHT = 260, DOTS_BOTTOM = 46;
  const numberOf = (text) => (text.trim() ? Number(text.replaceAll("\u2212", "-")) : NaN);
  const isNumber = (point) => !Number.isNaN(point.x);
  const pointsOf = (column) => {
    const step = Math.ceil(data.cases.length / MOST_DOTS);
    const rows = [...data.cases.keys()].filter((row) => row % step === 0);
    return rows.map((row) => {
      const one = data.cases[row], text = data.texts[one.texts[column]];
      return { row, text, x: numberOf(text), y: one.values[column] };
    }).filter((point) => Number.isFinite(point.y));
  };
  // Words get places; what is no number among numbers stands to the right of them.
  const placed = (points) => {
    const numbers = points.filter(isNumber);
    if (2 * numbers.length >= points.length && numbers.length) {
      const xs = numbers.map((point) => point.x), low = Math.min(...xs), high = Math.max(...xs), span = high - low || 1;
      const without = points.length > numbers.length ? [[1.12, "no number"]] : [];
      const at = (point) => (isNumber(point) ? (point.x - low) / span : 1.12);
      return { at, marks: [[0, format(low)], ...(high > low ? [[1, format(high)]] : []), ...without], width: without.length ? 1.2 : 1 };
    }
    const groups = grouped(points);
    const mean = (ofGroup) => ofGroup.reduce((sum, point) => sum + point.y, 0) / ofGroup.length;
    const words = [...groups.keys()].sort((a, b) => mean(groups.get(a)) - mean(groups.get(b)));
    const place = new Map(words.map((word, k) => [word, k]));
    // The golden ratio spreads neighbours; nothing is random.
    const at = (point) => (place.get(point.text) + 0.5 + 0.6 * ((point.row * 0.618034) % 1 - 0.5)) / words.length;
    const marks = words.length <= MOST_WORDS ? words.map((word, k) => [(k + 0.5) / words.length, word]) : [[0.5, `${words.length} values`]];
    return { at, marks, width: 1 };
  };
  const grouped = (points) => {
    const groups = new Map();
    for (const point of points) {
      if (!groups.has(point.text)) groups.set(point.text, []);
      groups.get(point.text).push(point);
    }
    return groups;
  };
  const drawDots = (frame, column) => {
    const points = pointsOf(column), { at, marks, width: units } = placed(points);
    const width = Math.max(280, Math.floor(frame.clientWidth)), height = DOTS_HEIGHT + DOTS_BOTTOM;
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
      "aria-label": `What ${nameOf(column)} contributed to ${data.output}, by its value, over ${cases(points.length)}` });
    frame.replaceChildren(picture);
    const pen = penOn(picture), ys = points.map((point) => point.y).concat(0);
    const low = Math.min(...ys), high = Math.max(...ys), span = high - low || 1;
    const ticks = [...new Set([high, 0, low])], left = 10 + Math.max(...ticks.map((tick) => pen.measure(signed(tick))));
    const x = (share) => left + 8 + share / units * (width - left - 20), y = (value) => 10 + (high - value) / span * (DOTS_HEIGHT - 20);
    let free = -Infinity;
    for (const tick of ticks) {
      if (y(tick) - free < 14) continue;
      free = y(tick);
      pen.write({ x: left - 4, y: free + 4, "text-anchor": "end" }, signed(tick));
    }
    picture.append(svg("line", { class: "zero", x1: left, x2: width, y1: y(0), y2: y(0) }));
    const room = (width - left - 20) / Math.max(1, marks.length) - 6;
    marks.forEach(([share, text], k) => {
      const words = pen.fit(text, room), half = pen.measure(words) / 2;
      const middle = Math.max(left + half, Math.min(width - half, x(share)));
      const node = pen.write({ x: middle, y: DOTS_HEIGHT + 16 + (marks.length > 4 ? 14 * (k % 2) : 0), "text-anchor": "middle" }, words);
      if (words !== text) node.prepend(svg("title", {}, text));
    });
    picture.append(...points.map((point) => svg("circle", { class: point.y < 0 ? "minus" : "plus", cx: x(at(point)).toFixed(1),
      cy: y(point.y).toFixed(1), r: 3.5, "data-row": point.row, "data-text": point.text, "data-y": point.y })));
  };
  const column = byId("column"), dots = root.querySelector(".dots");
  const redrawDots = () => drawDots(dots, Number(column.value));
  const showColumns = () => {
    if (!data.names.length || !data.cases.length) return;
    const size = data.names.map((_, k) => data.cases.reduce((sum, one) => sum + Math.abs(one.values[k] ?? 0), 0));
    const order = [...size.keys()].sort((a, b) => size[b] - size[a] || a - b);
    column.append(...order.map((k) => element("option", { value: k }, nameOf(k))));
    byId("one-column").hidden = false;
    column.addEventListener("change", redrawDots);
    dots.addEventListener("pointerover", ({ target }) => {
      if (!target.dataset?.row) return;
      const name = pair(nameOf(Number(column.value)), target.dataset.text);
      byId("dot").textContent = `Case ${data.cases[target.dataset.row].id}: ${name}, ${signed(Number(target.dataset.y))}`;
    });
    dots.addEventListener("click", ({ target }) => { if (target.dataset?.row) openByHand(Number(target.dataset.row)); });
    redrawDots();
  };

  // A link to a case shows it, wherever it is in the table.
  const linked = () => {
    if (!location.hash.startsWith("#case-")) return;
    let id = location.hash.slice("#case-".length);
    try { id = decodeURIComponent(id); } catch { /* Not of our making: taken as it is. */ }
    const row = data.cases.findIndex((one) => one.id === id);
    if (row < 0) return;
    if (!found().includes(row)) {
      byId("search").value = state.query = "";
      state.only.clear();
      root.querySelectorAll(".tools select").forEach((select) => { select.value = ""; });
    }
    state.page = Math.floor(found().indexOf(row) / PAGE_ROWS);
    drawTable();
    open(row);
    show();
  };

  const sortBy = (column) => {
    state.ascending = state.column === column ? !state.ascending : true;
    state.column = column;
    state.page = 0;
    drawTable();
  };
  heads.forEach((head, column) => {
    const button = element("button", { type: "button" }, head.textContent);
    button.addEventListener("click", () => sortBy(column));
    head.replaceChildren(button);
  });
  const turn = (by) => {
    state.page += by;
    drawTable();
  };
  const filterBy = (name, column, words) => {
    const option = (value, text) => element("option", { value }, text);
    const id = `only-${column}`;
    // The place of a word and not the word: an option without a word of its own stands for all.
    const select = element("select", { id }, option("", "all"), ...words.map((word, place) => option(place, word || "(none)")));
    select.addEventListener("change", () => {
      if (select.value === "") state.only.delete(column);
      else state.only.set(column, words[Number(select.value)]);
      state.page = 0;
      drawTable();
    });
    byId("count").before(element("label", { for: id }, name), select);
  };
  data.columns.forEach((name, column) => {
    const words = new Set();
    for (const one of data.cases) {
      const cell = one.cells[column];
      if (typeof cell !== "string" || words.add(cell).size > FEW_WORDS) return;
    }
    if (column > 0 && words.size > 1) filterBy(name, column, [...words].sort());
  });
  byId("search").addEventListener("input", (event) => {
    Object.assign(state, { query: event.target.value, page: 0 });
    drawTable();
  });
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  addEventListener("hashchange", linked);
  addEventListener("resize", () => {
    const one = data.cases[state.open], frame = article.querySelector(".waterfall");
    if (one && frame) drawWaterfall(frame, one);
    if (column.value) redrawDots();
  });

  // Until here the page is one for readers without scripts.
  byId("scriptless").hidden = true;
  root.querySelectorAll(".tools, .pages").forEach((node) => { node.hidden = false; });
  drawTable();
  const first = data.cases.findIndex((one) => one.id === data.open);
  if (data.cases.length) open(Math.max(0, first));
  showColumns();
  linked();
})();
