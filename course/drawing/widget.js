// The graph, live: shows and hides parts of the picture that Python has drawn, one frame at a time.
// All figures and sentences come ready-made in `view`; nothing is computed here.
//
// view: {title, svg, colours, frames, tables, says, code, opens, sliders, problem, note, words}, as
// course/drawing/view.py makes it.

const BUTTONS = ["reset", "back", "step", "forward", "end"];
const PANEL = 330;      // pixels that the text beside a drawing takes, with the gap; widget.css has them too
const SMALLEST = 0.68;  // of a drawing's own size, in which its figures can be read
const NARROWEST = 0.6;  // and where else it had to be moved sideways
const PER_STEP = 3;     // pixels of dragging that are one step of a slider

/** Draw `view` into `root`. `send(inputs)` is called when a slider moves; without it there are no sliders. */
export function mount(root, view, send) {
  let at = 0, open = null, told = {}, zoom = 1, fit = true, busy = false, waiting = false, coding = Boolean(view.opens);
  const words = view.words, kernel = patience((sentence) => say(sentence, "wrong"), words.silence);
  const inputs = Object.fromEntries((view.sliders || []).map((s) => [s.name, s.value]));

  const frame = framed("", view.title, view.colours);
  const sliders = element("div", { class: "bp-sliders" });
  const bar = element("div", { class: "bp-bar", role: "toolbar", "aria-label": words.bar });
  const stage = element("div", { class: "bp-stage", role: "group", tabindex: "0",
    "aria-label": words.stage });
  const said = element("p", { class: "bp-said", role: "status", "aria-live": "polite", "aria-atomic": "true" });
  const code = element("div", { class: "bp-code", role: "group", tabindex: "0",
    "aria-label": words.lines });
  const table = element("div", { class: "bp-table" });
  // What is told of a step stands where the eye is: beside the drawing where there is room, above it elsewhere.
  // The order is that in which one goes through it by Tab: a node first, then the table that it opens.
  const body = element("div", { class: "bp-body" }, said, stage, table);
  const place = element("span", { class: "bp-place" });
  const buttons = {};
  for (const key of BUTTONS) {
    buttons[key] = pressed(words[key], words[`${key} title`], () => go(key));
    bar.append(buttons[key]);
  }
  const coder = pressed(words.code, words["code title"], () => {
    coding = !coding;
    render();
  });
  bar.append(place, coder);
  const sizes = sizing(words, (kind) => {
    fit = kind === "fit";
    resize(fit ? fitting() : kind === "larger" ? zoom * 1.2 : zoom / 1.2);
  });
  // A notebook measures an output only after it is drawn, and again when its window changes.
  new ResizeObserver(() => fit && resize(fitting())).observe(body);
  bar.append(sizes);
  if (send && view.sliders.length) {
    for (const s of view.sliders) sliders.append(slider(s));
    frame.append(sliders);
  }
  frame.append(bar, body, code);
  if (view.note) frame.append(element("p", { class: "bp-note" }, view.note));
  root.replaceChildren(frame);

  frame.addEventListener("keydown", (event) => {
    if (event.target.matches("input") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (table.contains(event.target) && event.key !== "Escape") return;     // there arrows go from entry to entry
    const key = { ArrowRight: "step", ArrowLeft: "back", Home: "reset", End: "end" }[event.key];
    const input = event.target.dataset?.node && handle(event.target);
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (input && up) turn(input, Number(input.value) + up * Number(input.step));
    else if (key) go(key);
    else if ((event.key === "Enter" || event.key === " ") && event.target.dataset.node) toggle(event.target);
    else if (event.key === "Escape" && open !== null) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  leaving(frame);
  stage.addEventListener("click", (event) => {
    const node = event.target.closest(".node");
    if (node && !moved) toggle(node);
    moved = false;
  });

  // -- an input's node is a handle of its slider --
  let held = null, moved = false;
  stage.addEventListener("pointerdown", (event) => {
    const node = event.target.closest(".node"), input = node && handle(node);
    moved = false;
    if (input) held = { input, from: event.clientX, value: Number(input.value), id: event.pointerId };
  });
  stage.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.id) return;
    const steps = Math.trunc((event.clientX - held.from) / PER_STEP);
    if (!moved && !steps) return;
    if (!moved) stage.setPointerCapture(held.id);       // the node itself is drawn anew on the way
    moved = true;
    turn(held.input, held.value + steps * Number(held.input.step));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    stage.addEventListener(end, () => { held = null; });
  }
  function handle(node) {
    const name = view.leaves[node.dataset.node];
    return [...sliders.children].find((row) => row.dataset.name === name)?.querySelector("input");
  }
  function turn(input, value) {
    const before = input.value;
    input.value = value;
    if (input.value !== before) input.dispatchEvent(new Event("input"));
  }

  // -- sliders: while Python is at work on one position, only the latest of the others is kept --
  function slider(s) {
    const id = `bp-${Math.random().toString(36).slice(2)}`;
    const input = element("input", { type: "range", id, min: s.min, max: s.max, step: s.step, value: s.value });
    const shown = element("span", { class: "bp-shown", "aria-hidden": "true" }, s.shown);
    input.setAttribute("aria-valuetext", s.shown);
    input.addEventListener("input", () => {
      inputs[s.name] = Number(input.value);
      if (busy) waiting = true;
      else pass();
    });
    const row = element("div", { class: "bp-slider" }, element("label", { for: id }, s.name), input, shown);
    row.dataset.name = s.name;
    return row;
  }
  function pass() {
    busy = true;
    waiting = false;
    kernel.asked();
    send({ ...inputs });
  }

  /** Python's answer to a slider: another view of the same function. */
  function update(next) {
    busy = false;
    kernel.answered();
    if (waiting) pass();
    if (!next.problem) {
      view = next;
      paint();
    }
    if (next.problem) say(next.problem, "wrong");
    for (const s of next.sliders) {
      const row = [...sliders.children].find((child) => child.dataset.name === s.name);
      if (!row) continue;
      row.querySelector(".bp-shown").textContent = s.shown;
      row.querySelector("input").setAttribute("aria-valuetext", s.shown);
    }
  }

  // -- frames --
  function go(key) {
    const last = view.frames.length - 1;
    const forward = view.frames.findLastIndex((f) => f.phase === "forward" || f.phase === "start");
    at = { reset: 0, back: Math.max(0, at - 1), step: Math.min(last, at + 1), forward, end: last }[key];
    render();
  }

  function paint() {
    const focused = document.activeElement?.closest?.(".node")?.dataset.node;
    const hadFocus = stage.contains(document.activeElement);
    stage.innerHTML = view.svg;
    const svg = stage.firstElementChild;
    svg.setAttribute("role", "presentation");           // the frame has its name
    svg.removeAttribute("aria-label");
    svg.removeAttribute("aria-labelledby");
    for (const part of svg.querySelectorAll(".edge, .value, .gradient, .split")) part.setAttribute("aria-hidden", "true");
    for (const node of svg.querySelectorAll(".node")) {
      node.setAttribute("role", "button");
      node.setAttribute("tabindex", "0");
      node.classList.toggle("handle", Boolean(handle(node)));
    }
    at = Math.min(at, view.frames.length - 1);
    write();
    resize(fit ? fitting() : zoom);
    render();
    if (hadFocus) (svg.querySelector(`.node[data-node="${focused}"]`) || stage).focus({ preventScroll: true });
  }

  function render() {
    const svg = stage.firstElementChild, now = view.frames[at];
    const values = new Set(), gradients = new Map(), paid = new Set();
    for (const f of view.frames.slice(0, at + 1)) {
      f.values.forEach((id) => values.add(id));
      f.gradients.forEach(([id, text]) => gradients.set(id, text));
      if (f.phase === "backward" || f.phase === "wrong") f.edges.forEach((id) => paid.add(id));
    }
    for (const text of svg.querySelectorAll("text.value")) {
      text.classList.toggle("off", !values.has(Number(text.dataset.node)));
    }
    for (const text of svg.querySelectorAll("text.gradient[data-node]")) {
      const shown = gradients.get(Number(text.dataset.node));
      text.classList.toggle("off", shown === undefined);
      if (shown !== undefined) text.textContent = shown;
    }
    for (const edge of svg.querySelectorAll(".edge")) {
      const id = edge.dataset.edge, active = now.edges.includes(id);
      edge.classList.toggle("sent", active && now.phase === "forward");
      edge.classList.toggle("paid", active && now.phase === "backward");
      edge.classList.toggle("wrong", now.wrong === id);
      edge.querySelector(".contribution")?.classList.toggle("off", !paid.has(id));
    }
    for (const node of svg.querySelectorAll(".node")) {
      const id = Number(node.dataset.node);
      node.classList.toggle("at", id === now.node);
      node.classList.toggle("open", id === open);
      node.setAttribute("aria-pressed", String(id === open));
      const value = values.has(id) ? svg.querySelector(`text.value[data-node="${id}"]`)?.textContent : null;
      let called = view.says[id];
      if (value) called = filled(words["has value"], { node: called, value });
      if (gradients.has(id)) called = filled(words["has gradient"], { node: called, gradient: gradients.get(id) });
      node.setAttribute("aria-label", called);
    }
    const lines = mark(now);
    say(now.sentence, now.phase, lines.length ? ` ${filled(words["in code"], { lines: lines.join(words[";"]) })}` : "");
    place.textContent = filled(words.at, { at, last: view.frames.length - 1 });
    const ends = { reset: at === 0, back: at === 0, step: at === view.frames.length - 1,
      end: at === view.frames.length - 1 };
    // Not `disabled`: the button that was just pressed must keep the focus.
    for (const key in buttons) buttons[key].setAttribute("aria-disabled", String(Boolean(ends[key])));
    follow(now.node);
    show(open);
  }

  /** Tell a sentence; `aside` only to whoever does not see the screen. What stands there already is not told again. */
  function say(sentence, phase, aside = "") {
    said.dataset.phase = phase;
    if (said.textContent === sentence + aside) return;
    said.textContent = sentence;
    if (aside) said.append(element("span", { class: "bp-told" }, aside));
  }

  // -- code --
  function write() {
    coder.hidden = !view.code.length;
    const lines = view.code.map((text) => element("li", text.startsWith("# ") ? { class: "bp-part" } : {},
      element("code", {}, text)));
    code.replaceChildren(element("ol", {}, ...lines));
  }
  /** Mark the lines of the step, and scroll to them inside the code; returns them, none while the code is hidden. */
  function mark(now) {
    code.hidden = !coding || !view.code.length;
    coder.setAttribute("aria-pressed", String(!code.hidden));
    if (code.hidden) return [];
    const lines = [...code.firstElementChild.children];
    lines.forEach((line, n) => {
      line.classList.toggle("at", now.lines.includes(n));
      if (now.lines.includes(n)) line.setAttribute("aria-current", "step");
      else line.removeAttribute("aria-current");
    });
    if (now.lines.length) {
      const first = lines[now.lines[0]], last = lines[now.lines.at(-1)];
      if (first.offsetTop < code.scrollTop || last.offsetTop + last.offsetHeight > code.scrollTop + code.clientHeight) {
        code.scrollTop = (first.offsetTop + last.offsetTop + last.offsetHeight - code.clientHeight) / 2;
      }
    }
    return now.lines.map((n) => view.code[n]);
  }

  /** Scroll the drawing, not the page, so that the node at work and its figures are in sight. */
  function follow(id) {
    const node = id === null ? null : stage.querySelector(`.node[data-node="${id}"]`);
    if (!node) return;
    const box = node.getBoundingClientRect(), frame = stage.getBoundingClientRect();
    if (box.left < frame.left + 60 || box.right > frame.right - 140) {
      stage.scrollLeft += (box.left + box.right) / 2 - (frame.left + frame.right) / 2;
    }
    if (box.top < frame.top + 40 || box.bottom > frame.bottom - 40) {
      stage.scrollTop += (box.top + box.bottom) / 2 - (frame.top + frame.bottom) / 2;
    }
  }

  // -- size --
  function fitting() {
    const natural = Number(stage.firstElementChild.getAttribute("width")), room = body.clientWidth;
    const beside = room - PANEL >= natural * SMALLEST;
    body.classList.toggle("beside", beside);
    return Math.min(1, Math.max(beside ? SMALLEST : NARROWEST, ((beside ? room - PANEL : room) - 4) / natural || 1));
  }
  function resize(scale) {
    zoom = Math.min(3, Math.max(0.4, scale));
    const svg = stage.firstElementChild;
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    svg.style.width = `${width * zoom}px`;
    svg.style.height = `${height * zoom}px`;
  }

  // -- tables --
  function toggle(node) {
    const id = Number(node.dataset.node);
    open = open === id ? null : id;
    render();
  }
  function close() {
    const node = stage.querySelector(`.node[data-node="${open}"]`), inside = table.contains(document.activeElement);
    open = null;
    render();
    if (inside) node.focus({ preventScroll: true });
  }
  /** Show the table of a node, or how to open one; a step leaves it as it stands, with the focus and what is chosen. */
  function show(id) {
    if (told.view === view && told.id === id) return;
    told = { view, id };
    const places = () => [...table.querySelectorAll("button, [tabindex]")];
    const focused = places().indexOf(document.activeElement);
    table.replaceChildren(...lines(id));
    keepKeys(frame);
    if (focused >= 0) (places()[focused] || stage).focus({ preventScroll: true });
  }
  function lines(id) {
    if (id === null || !view.tables[id]) {
      return [element("p", { class: "bp-hint" },
        words[send && view.sliders.length ? "hint and drag" : "hint"])];
    }
    const { caption, arrays, head, rows, meeting } = view.tables[id];
    const parts = [element("p", { class: "bp-caption" }, caption)];
    if (meeting) parts.push(...meet(meeting));
    if (head.length) parts.push(grid(head, rows, caption));
    for (const [name, lines] of meeting ? [] : arrays) {
      parts.push(element("p", { class: `bp-array ${name}` }, words[name]),
        grid(null, lines, filled(words.of, { kind: words[name], node: view.says[id] }), name));
    }
    return parts;
  }
  /** A gate on arrays: inputs and result entry by entry; one that is chosen marks those that belong to it. */
  function meet({ sign, parts, marks, says }) {
    const told = element("p", { class: "bp-met", "aria-live": "polite" }, words.choose);
    const cells = {};       // "part:row,column" -> the buttons, of the value and of the gradient
    const rows = ["value", "gradient"].map((kind) => {
      const row = element("div", { class: `bp-meet ${kind}`, role: "group", "aria-label": words[`${kind}s`] });
      parts.forEach((part, k) => {
        if (k) row.append(element("span", { class: "bp-sign", "aria-hidden": "true" },
          k === parts.length - 1 ? (kind === "value" ? "=" : "←") : kind === "value" ? sign : ""));
        const body = element("tbody"), entries = new Map();
        part[kind].forEach((line, r) => {
          const tr = element("tr");
          line.forEach((text, c) => {
            const key = `${k}:${r},${c}`, td = element("td");
            if (key in says) {
              const button = element("button", { type: "button", "aria-pressed": "false", tabindex: entries.size ? "-1" : "0",
                "aria-label": filled(words.entry,
                  { kind: words[kind], name: part.name, row: r, column: c, number: text }) }, text);
              button.addEventListener("click", () => choose(key));
              entries.set(`${r},${c}`, button);
              walk(button, (down, right) => entries.get(`${r + down},${c + right}`));
              (cells[key] ||= []).push(button);
              td.append(button);
            } else td.append(text);
            tr.append(td);
          });
          body.append(tr);
        });
        const name = kind === "value" ? `${part.name} ${part.shape}`
          : filled(words.of, { kind: words.gradient, node: part.name });
        if (part[kind].length) row.append(element("table", { class: kind }, element("caption", {}, name), body));
      });
      return row;
    });
    /** The arrow keys go from an entry to the one beside it; Tab goes from table to table. */
    function walk(button, beside) {
      button.addEventListener("keydown", (event) => {
        const way = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
        if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const other = beside(...way);
        if (!other) return;
        button.tabIndex = -1;
        other.tabIndex = 0;
        other.focus();
      });
    }
    function choose(key) {
      const off = cells[key][0].getAttribute("aria-pressed") === "true";
      for (const [other, buttons] of Object.entries(cells)) {
        for (const button of buttons) {
          button.setAttribute("aria-pressed", String(!off && other === key));
          button.classList.toggle("met", !off && marks[key].includes(other));
        }
      }
      told.textContent = off ? words.choose : says[key];
    }
    return [told, ...rows];
  }
  function grid(head, rows, label, kind = "") {
    const made = element("table", { "aria-label": label, class: kind });
    if (head) {
      made.append(element("thead", {}, element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)))));
    }
    const row = ([first, ...others]) => element("tr", {},
      head ? element("th", { scope: "row" }, first) : element("td", {}, first),
      ...others.map((text) => element("td", {}, text)));
    made.append(element("tbody", {}, ...rows.map(row)));
    const scroll = element("div", { class: "bp-scroll", tabindex: "0", role: "group", "aria-label": filled(words.table, { name: label }) });
    scroll.append(made);
    return scroll;
  }

  paint();
  return { update };
}

export default {
  render({ model, el }) {
    let turn = 0;           // so that each message differs from the one before, and is answered
    const live = mount(el, model.get("view"), (inputs) => {
      model.set("moved", { turn: ++turn, inputs });
      model.save_changes();
    });
    const changed = () => live.update(model.get("view"));
    model.on("change:view", changed);
    return () => model.off("change:view", changed);
  },
};
