// A circuit to be filled in: boxes over the picture that Python has drawn.
// What is right, what each known wrong number means and all that is said come ready-made in `view`; here a typed number
// is only compared with intervals.
//
// view: {title, svg, colours, boxes, level, seed, code, covered, drawings, aloud, kinds, note, words,
// another}, as Practice.view makes it.

const PHONE = 700;      // pixels; a narrower stage is touched

function within(value, [low, high]) {
  return low <= value && value <= high;
}

/** Fill `root` with the circuit of `view`. `does.remember(record)` is called at the end, `does.another()` for a new one. */
export function mount(root, view, does = {}) {
  const boxes = new Map(view.boxes.map((box) => [box.id, { ...box, tries: 0, opened: 0, state: "" }]));
  const fields = new Map(), kinds = {}, words = view.words;
  let now = null, zoom = 1, fit = true, over = false;

  const named = view.level ? filled(words.level, view) : "";
  const frame = framed("bp-practice", named ? filled(words.titled, { title: view.title, named }) : view.title, view.colours);
  const head = element("p", { class: "bp-head" }, named);
  const code = element("pre", { class: "bp-code", role: "group", tabindex: "0", "aria-label": words.code }, view.code);
  const bar = element("div", { class: "bp-bar", role: "toolbar", "aria-label": words.bar });
  const stage = element("div", { class: "bp-stage", role: "group", tabindex: "0", "aria-label": view.aloud });
  const sheet = element("div", { class: "bp-sheet" });
  const said = element("p", { class: "bp-said", role: "status", "aria-live": "polite", "aria-atomic": "true" });
  const summary = element("div", { class: "bp-summary" });
  const place = element("span", { class: "bp-place" });
  const hintButton = pressed(words.hint, words["hint title"], hint);
  const showButton = pressed(words.show, words["show title"], showMe);
  if (!view.bug) bar.append(hintButton, showButton);
  if (does.another && view.another) {
    const kernel = patience((sentence) => said.isConnected && say("wrong", sentence), words.silence);
    bar.append(pressed(words.another, words["another title"], () => {
      kernel.asked();
      does.another();
    }));
  }
  bar.append(place);
  bar.append(sizing(words, (kind) => {
    fit = kind === "fit";
    resize(fit ? fitting() : kind === "larger" ? zoom * 1.2 : zoom / 1.2);
  }));
  stage.append(sheet);
  if (named) frame.append(head);
  if (view.code) frame.append(code);
  frame.append(bar, stage, said, summary);
  if (view.covered) said.after(cover());
  if (view.note) frame.append(element("p", { class: "bp-note" }, view.note));
  root.replaceChildren(frame);

  sheet.innerHTML = view.svg;
  const svg = sheet.firstElementChild;
  svg.setAttribute("aria-hidden", "true");
  for (const box of boxes.values()) fields.set(box.id, field(box));
  sheet.append(...fields.values());
  new ResizeObserver(() => fit && resize(fitting())).observe(stage);
  resize(fitting());
  keepKeys(frame);
  frame.addEventListener("keydown", (event) => event.stopPropagation());
  leaving(frame);
  if (view.bug) seek();
  else {
    unlock();
    light(next());
    requestAnimationFrame(() => {                       // on a narrow screen the output, where one begins, is far right
      const first = fields.get(next());
      if (first) stage.scrollLeft = first.offsetLeft + first.offsetWidth + 40 - stage.clientWidth;
    });
    if (!view.covered) say("", view.boxes.some((box) => box.choices.length) ? words.choose : words.begin);
  }

  // -- what is drawn first on paper; then one of three drawings is chosen --
  function cover() {
    const made = element("div", { class: "bp-cover" },
      element("p", {}, words.draw));
    made.append(pressed(words.ready, words["ready title"], () => {
      const choices = element("div", { class: "bp-drawings", role: "group", "aria-label": words.which });
      view.drawings.forEach(({ svg, label, right, says }, k) => {
        const choice = pressed("", "", () => {
          choice.setAttribute("aria-pressed", "true");
          if (right) uncover(made);
          say(right ? "right" : "wrong", says);
        });
        choice.setAttribute("aria-label", filled(words.drawing, { n: k + 1, drawing: label }));
        choice.innerHTML = svg;
        choices.append(choice);
      });
      made.replaceChildren(element("p", {}, words.which), choices);
      keepKeys(frame);
      choices.firstElementChild.focus();
    }));
    frame.classList.add("covered");
    return made;
  }
  function uncover(made) {
    made.remove();
    frame.classList.remove("covered");
    resize(fitting());
    (fields.get(next()) || stage).focus();
  }

  // -- boxes --
  function field(box) {
    const kind = box.id.split("-")[0];
    const made = box.choices.length ? element("select") : element("input", {
      type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "done" });
    if (box.choices.length) {
      made.append(element("option", { value: "" }, "…"));
      box.choices.forEach((text, k) => made.append(element("option", { value: String(k) }, text)));
    }
    made.className = `bp-box ${kind}`;
    made.dataset.box = box.id;
    made.addEventListener("focus", () => {
      light(box.id);
      if (!box.state && !open(box)) say("", box.waits);
    });
    made.addEventListener("change", () => answer(box));
    made.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || box.choices.length) return;
      event.preventDefault();
      if (box.state || answer(box)) {
        const following = next(box.id);
        if (following) fields.get(following).focus();
      }
    });
    return made;
  }
  function open(box) {
    return box.needs.every((id) => boxes.get(id)?.state ?? true);
  }
  function unlock() {
    for (const box of boxes.values()) {
      const made = fields.get(box.id), locked = !box.state && !open(box);
      made.classList.toggle("locked", locked);
      made.setAttribute("aria-label", box.state ? filled(words[`is ${box.state}`], box)
        : locked ? filled(words.locked, box) : box.label);
      if (made.tagName === "SELECT") {
        made.setAttribute("aria-disabled", String(locked || Boolean(box.state)));
        for (const option of made.options) option.disabled = locked || (Boolean(box.state) && !option.selected);
      } else {
        made.readOnly = locked || Boolean(box.state);
      }
    }
    const done = [...boxes.values()].filter((box) => box.state).length;
    place.textContent = filled(words.done, { done, of: boxes.size });
  }
  /** The id of the next box that can be filled in, after `id` if there is one. */
  function next(id) {
    const all = [...boxes.values()], at = all.findIndex((box) => box.id === id);
    return [...all.slice(at + 1), ...all].find((box) => !box.state && open(box))?.id;
  }
  function light(id) {
    now = id ?? null;
    const about = boxes.get(now)?.about || "";
    for (const part of svg.querySelectorAll(".node, .edge")) {
      const own = part.dataset.node !== undefined ? `node-${part.dataset.node}` : `edge-${part.dataset.edge}`;
      part.classList.toggle("at", own === about);
    }
  }

  // -- verdicts --
  function say(state, sentence) {
    said.textContent = sentence;
    said.dataset.phase = state;
  }
  /** Check what stands in a box; true if it is right. */
  function answer(box) {
    const made = fields.get(box.id);
    if (box.state || !open(box) || made.value.trim() === "" || made.value === box.last) return false;
    const { value, problem } = arithmetic(made.value, words);
    if (problem) {
      made.setAttribute("aria-invalid", "true");
      say("wrong", problem);
      return false;
    }
    box.last = made.value;
    box.tries += 1;
    if (within(value, box.accepts)) {
      settle(box, "right");
      say("right", `✓ ${filled(words.right, box)}`);
      finish();
      return true;
    }
    made.setAttribute("aria-invalid", "true");
    const cause = box.wrong.find((wrong) => within(value, [wrong.low, wrong.high]));
    if (cause?.kind) kinds[cause.kind] = (kinds[cause.kind] || 0) + 1;
    say("wrong", filled(words.wrong, { sign: box.sign, says: cause ? cause.says : box.otherwise }));
    return false;
  }
  function settle(box, state) {
    const made = fields.get(box.id);
    box.state = state;
    made.removeAttribute("aria-invalid");
    made.classList.add(state);
    if (made.tagName === "SELECT") made.value = String(box.choices.indexOf(box.shown));
    else made.value = box.shown;
    unlock();
  }
  function hint() {
    const box = boxes.get(now);
    if (!box || box.state) return say("", words["hint where"]);
    if (!open(box)) return say("", box.waits);
    const k = Math.min(box.opened, box.hints.length - 1);
    box.opened = k + 1;
    say("", filled(words["hint told"], { n: k + 1, of: box.hints.length, sign: box.sign, hint: box.hints[k] }));
  }
  function showMe() {
    const box = boxes.get(now);
    if (!box || box.state) return say("", words["show where"]);
    if (!open(box)) return say("", box.waits);
    settle(box, "shown");
    say("", filled(words.shown, { sign: box.sign, number: box.shown, why: box.why }));
    finish();
  }

  // -- the wrong edge, and the rule that was broken there --
  function seek() {
    let tries = 0, found = false;
    svg.removeAttribute("aria-hidden");
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", words.edges);
    for (const part of svg.querySelectorAll(".node, text, .split, .wire, .back")) part.setAttribute("aria-hidden", "true");
    const rules = element("div", { class: "bp-rules", role: "group", "aria-label": words.rule });
    summary.before(rules);
    say("", words.seek);
    place.textContent = words["one wrong"];
    const pick = (edge) => {
      if (found) return;
      const id = edge.dataset.edge;
      found = id === view.bug.edge;
      tries += found ? 0 : 1;
      edge.classList.toggle("wrong", found);
      edge.classList.toggle("cleared", !found);
      say(found ? "right" : "wrong", view.bug.edges[id].says);
      if (found) ask();
    };
    for (const edge of svg.querySelectorAll(".edge")) {
      const known = view.bug.edges[edge.dataset.edge];
      if (!known) continue;
      edge.setAttribute("role", "button");
      edge.setAttribute("tabindex", "0");
      edge.setAttribute("aria-label", known.label);
      edge.setAttribute("data-lm-suppress-shortcuts", "true");
      edge.addEventListener("click", () => pick(edge));
      edge.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        pick(edge);
      });
    }
    const ask = () => {
      view.bug.rules.forEach((rule, k) => {
        const made = pressed(rule, "", () => {
          if (over) return;
          const right = k === view.bug.rule;
          say(right ? "right" : "wrong", view.bug.verdicts[k]);
          made.setAttribute("aria-pressed", "true");
          if (!right) {
            tries += 1;
            return;
          }
          over = true;
          const { lesson, section } = view.kinds[view.bug.kind];
          const template = words[tries === 0 ? "found" : tries === 1 ? "found late" : "found later"];
          summary.append(element("p", { class: "bp-caption" }, filled(template, { n: tries, lesson, section })));
          does.remember?.({ level: view.level, seed: view.seed, of: 1, first: tries ? 0 : 1, shown: 0,
            kinds: tries ? { [view.bug.kind]: 1 } : {}, task: "bug" });
        });
        made.setAttribute("data-lm-suppress-shortcuts", "true");
        rules.append(made);
      });
      rules.firstElementChild.focus();
    };
  }

  // -- the end --
  function finish() {
    if (over || [...boxes.values()].some((box) => !box.state)) return;
    over = true;
    const all = [...boxes.values()];
    const first = all.filter((box) => box.state === "right" && box.tries === 1).length;
    const shown = all.filter((box) => box.state === "shown").length;
    summary.append(element("p", { class: "bp-caption" },
      filled(words[shown ? "over shown" : "over"], { first, of: all.length, shown })));
    const causes = Object.entries(kinds).sort((a, b) => b[1] - a[1]);
    if (causes.length) {
      const list = element("ul");
      for (const [kind, times] of causes) {
        const { rule, lesson, section } = view.kinds[kind];
        list.append(element("li", {},
          filled(words[times === 1 ? "broken once" : "broken"], { rule, n: times, lesson, section })));
      }
      summary.append(list);
    }
    say("right", `${said.textContent} ${summary.querySelector("p").textContent}`);
    does.remember?.({ level: view.level, seed: view.seed, of: all.length, first, shown, kinds });
  }

  // -- size --
  function fitting() {
    const natural = Number(svg.getAttribute("width"));
    const smallest = stage.clientWidth < PHONE ? 0.87 : 0.79;       // under a finger, and under a mouse
    return Math.min(1, Math.max(smallest, (stage.clientWidth - 4) / natural || 1));
  }
  function resize(scale) {
    zoom = Math.min(3, Math.max(0.6, scale));
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    for (const [side, length] of [["width", width], ["height", height]]) {
      svg.style[side] = sheet.style[side] = `${length * zoom}px`;
    }
    sheet.style.setProperty("--bp-zoom", zoom);
    for (const [id, made] of fields) {
      const rect = svg.querySelector(`.blank[data-blank="${id}"] rect`);
      for (const [side, key] of [["left", "x"], ["top", "y"], ["width", "width"], ["height", "height"]]) {
        made.style[side] = `${Number(rect.getAttribute(key)) * zoom}px`;
      }
    }
  }
}

/** Where there is no kernel, the browser keeps what was practised, and the page says how much went well. */
function rememberHere(words, record) {
  try {
    const kept = JSON.parse(localStorage.getItem("backprop-practice") || "[]");
    if (record) kept.push({ ...record, day: new Date().toISOString() });
    localStorage.setItem("backprop-practice", JSON.stringify(kept.slice(-500)));
    const total = (name) => kept.reduce((sum, row) => sum + row[name], 0);
    const told = document.getElementById("kept")
      || document.querySelector("main").appendChild(element("p", { id: "kept" }));
    told.textContent = kept.length ? filled(words[kept.length === 1 ? "kept one" : "kept"],
      { n: kept.length, first: total("first"), of: total("of") }) : "";
  } catch {
    // a browser that keeps nothing practises all the same
  }
}

export default {
  render({ model, el }) {
    let turn = 0;
    const tell = (message) => {
      model.set("told", { turn: ++turn, ...message });
      model.save_changes();
    };
    const draw = () => {
      const had = el.contains(document.activeElement);        // the button "Another circuit", which goes with the old one
      mount(el, model.get("view"), {
        remember: (record) => tell({ done: record }), another: () => tell({ another: true }) });
      if (had) (el.querySelector(".bp-cover button") || el.querySelector(".bp-stage")).focus({ preventScroll: true });
    };
    draw();
    model.on("change:view", draw);
    return () => model.off("change:view", draw);
  },
};
