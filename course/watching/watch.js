// A network in training: walks through frames that Python has worked out, one for each step.
// In a notebook Python works out more of them as they are needed; a page without a kernel holds them all.
//
// view: as Watch.view makes it. A run: {first, drawing, about, frames}, each frame a list of what a Frame has
// (course/watching/picture.py).

const PACE = 150, CALM = 800;       // milliseconds from step to step while it runs; CALM where motion is to be reduced
const AHEAD = 20;                   // steps before the end at which more are asked for

/** Draw `view` into `root`. `send(message)` asks a kernel for a run; without it, view.runs holds those there are. */
export function mount(root, view, send) {
  let run = null, at = 0, timer = null, asked = false, owed = false;
  let turn = 0, chosenAt = 0;       // messages are numbered, so that an answer to an older choice is known as such

  const words = view.words, kernel = patience(say, words.silence);
  const frame = framed("bp-watch", view.title, view.colours);
  const bar = element("div", { class: "bp-bar", role: "toolbar", "aria-label": words.bar });
  const runButton = pressed(words.run, words["run title"], () => (timer ? pause() : start()));
  const stepButton = pressed(words.step, words["step title"], () => { pause(); step(); });
  const againButton = pressed(words.again, words["again title"], () => { pause(); go(0); });
  const place = element("span", { class: "bp-place" });
  bar.append(runButton, stepButton, againButton, place);
  const choices = element("div", { class: "bp-choices" });
  for (const { name, label, value, options } of view.choices) choices.append(choice(name, label, value, options));
  const stage = element("div", { class: "bp-stage", role: "group", tabindex: "0" });
  const said = element("p", { class: "bp-said", role: "status", "aria-live": "polite", "aria-atomic": "true" });
  const curve = element("div", { class: "bp-loss", "aria-hidden": "true" });
  const panel = element("div", { class: "bp-panel" }, said, curve, legend());
  const body = element("div", { class: "bp-body" }, panel, stage);
  const about = element("p", { class: "bp-note bp-about" });
  frame.append(about, choices, bar, body, element("p", { class: "bp-note" }, view.note));
  root.replaceChildren(frame);
  curve.innerHTML = view.loss;
  new ResizeObserver(fit).observe(body);
  frame.addEventListener("keydown", (event) => event.stopPropagation());
  leaving(frame);
  keepKeys(frame);
  if (!send) chosen();

  function choice(name, label, value, options) {
    const id = `bp-${Math.random().toString(36).slice(2)}`;
    const select = element("select", { id });
    select.dataset.name = name;
    for (const text of options) select.append(element("option", text === value ? { selected: "" } : {}, text));
    select.addEventListener("change", chosen);
    return element("span", { class: "bp-choice" }, element("label", { for: id }, label), select);
  }

  function chosen() {
    pause();
    const settings = Object.fromEntries([...choices.querySelectorAll("select")].map((s) => [s.dataset.name, s.value]));
    if (send) {
      ask({ settings });
      chosenAt = turn;
      frame.setAttribute("aria-busy", "true");
    } else show({ turn, first: 0, drawing: view.drawings[settings.depth], ...view.runs[Object.values(settings).join(" ")] });
  }

  // -- runs, from the kernel or from the page --
  function ask(message) {
    asked = true;
    kernel.asked();
    turn += 1;
    send({ turn, ...message });
  }
  /** A run from its start, or more frames of the one that is shown. */
  function show(next) {
    if (next.turn < chosenAt) return;
    asked = false;
    kernel.answered();
    if (next.first) {
      if (run && next.first === run.frames.length) run.frames.push(...next.frames);
      run.over = !next.frames.length;
      if (owed) step();
      return;
    }
    frame.setAttribute("aria-busy", "false");
    run = { over: !send, frames: [...next.frames] };
    about.textContent = next.about;
    stage.setAttribute("aria-label", filled(words.drawing, next));
    stage.innerHTML = next.drawing;
    stage.firstElementChild.setAttribute("aria-hidden", "true");
    fit();
    go(0);
  }

  // -- steps --
  function start() {
    if (run && at >= last() && run.over) go(0);
    said.setAttribute("aria-live", "off");          // not every step is read aloud; the last one is, at the pause
    runButton.textContent = words.pause;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    timer = setInterval(step, calm ? CALM : PACE);
  }
  function pause() {
    if (!timer) return;
    clearInterval(timer);
    timer = null;
    runButton.textContent = words.run;
    const told = said.textContent;
    said.textContent = "";
    said.setAttribute("aria-live", "polite");
    requestAnimationFrame(() => { if (!said.textContent) said.textContent = told; });
  }
  function last() {
    return run.frames.length - 1;
  }
  function step() {
    if (!run || frame.getAttribute("aria-busy") === "true") return;
    const near = at + AHEAD >= last();
    if (near && !run.over && !asked) ask({ more: true });
    owed = !timer && at === last() && !run.over;    // a step that is taken when the kernel has sent it
    if (at < last()) go(at + 1);
    if (at >= last() && run.over) {
      pause();
      say(filled(words[send ? "over" : "recorded"], { told: sentence() }));
    }
  }
  function go(to) {
    at = to;
    owed = false;
    const [edges, units, bars, sizes] = run.frames[at];
    const svg = stage.firstElementChild;
    svg.querySelectorAll(".weight").forEach((line, k) => {
      const letter = edges[k].toLowerCase();
      line.setAttribute("stroke-width", view.widths[letter]);
      line.classList.toggle("below", letter !== edges[k]);
    });
    svg.querySelectorAll(".unit").forEach((unit, k) => { unit.dataset.is = units[k]; });
    svg.querySelectorAll(".bar").forEach((part, k) => {
      part.setAttribute("y", view.base - bars[k]);
      part.setAttribute("height", bars[k]);
    });
    svg.querySelectorAll(".size").forEach((text, k) => {
      text.setAttribute("y", view.base - bars[k] - 5);
      text.textContent = sizes[k];
    });
    trace();
    place.textContent = filled(words[run.over && !send ? "at of" : "at"], { at, last: last() });
    say(sentence());
  }
  function sentence() {
    const [, , , sizes, , loss, right, told] = run.frames[at];
    const parts = { step: at, loss, right, sizes: sizes.join(words[","]), told };
    return filled(view.says, parts);
  }
  function trace() {
    const span = Math.max(view.steps, at), wide = view.lossTo - view.lossFrom;
    const points = run.frames.slice(0, at + 1).map((one, k) => [view.lossFrom + (wide * k) / span, one[4]]);
    curve.querySelector(".curve").setAttribute("points", points.map((point) => point.join(",")).join(" "));
    curve.querySelector(".now").setAttribute("cx", points[at][0]);
    curve.querySelector(".now").setAttribute("cy", points[at][1]);
    curve.querySelector(".last").textContent = filled(words.at, { at: span });
  }
  function say(sentence) {
    said.textContent = sentence;
  }

  // -- looks --
  function legend() {
    const key = (picture, text) => {
      const row = element("li");
      row.innerHTML = `<svg class="bp" viewBox="0 0 40 30" width="40" height="30" aria-hidden="true">${picture}</svg>`;
      row.append(element("span", {}, text));
      return row;
    };
    return element("ul", { class: "bp-legend" }, ...view.legend.map(([picture, text]) => key(picture, text)));
  }
  function fit() {
    const svg = stage.firstElementChild;
    if (!svg) return;
    const natural = Number(svg.getAttribute("width")), room = body.clientWidth;
    const beside = room - view.beside >= natural * view.smallest;
    body.classList.toggle("beside", beside);
    const zoom = Math.min(1, Math.max(view.smallest, ((beside ? room - view.beside : room) - 4) / natural || 1));
    svg.style.width = `${natural * zoom}px`;
    svg.style.height = `${Number(svg.getAttribute("height")) * zoom}px`;
  }

  return { show, begin: chosen, leave: () => clearInterval(timer) };
}

export default {
  render({ model, el }) {
    const live = mount(el, model.get("view"), (message) => {
      model.set("told", message);
      model.save_changes();
    });
    const changed = () => live.show(model.get("run"));
    if (model.get("run").first) live.begin();       // steps of a run whose beginning this page has not seen
    else changed();
    model.on("change:run", changed);
    return () => {
      model.off("change:run", changed);
      live.leave();
    };
  },
};
