// What the widgets of the course share; it stands before each one's own script, in one module.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A text of a view's, its {placeholders} filled in; between two Chinese characters stands no space. */
function filled(text, values) {
  return text.replace(/{(\w+)}/g, (_, name) => values[name]).replace(/([\u3400-\u9fff]) (?=[\u3400-\u9fff])/g, "$1");
}

/** A button that does something when it is pressed; what it does is told where the pointer rests. */
function pressed(text, title, act) {
  const made = element("button", title ? { type: "button", title } : { type: "button" }, text);
  made.addEventListener("click", act);
  return made;
}

/** The frame of a widget: a group with a name, in the colours of its palette. */
function framed(kind, label, colours) {
  const made = element("div", { class: `bp-widget ${kind}`.trim(), role: "group", "aria-label": label });
  for (const [name, colour] of Object.entries(colours)) made.style.setProperty(`--bp-${name}`, colour);
  return made;
}

/** Buttons that make a drawing smaller and larger, and fit it; each calls `act(kind)`, of "smaller", "larger", "fit". */
function sizing(words, act) {
  const made = element("span", { class: "bp-sizes", role: "group", "aria-label": words.size });
  for (const [kind, text, title] of [["smaller", "−", words.smaller], ["larger", "+", words.larger],
    ["fit", words.fit, words["fit title"]]]) {
    const button = pressed(text, title, () => act(kind));
    button.setAttribute("aria-label", title);
    made.append(button);
  }
  return made;
}

/** JupyterLab takes keys for itself, unless the very element that has the focus asks it not to. */
function keepKeys(frame) {
  for (const part of frame.querySelectorAll("button, input, select, summary, [tabindex]")) {
    part.setAttribute("data-lm-suppress-shortcuts", "true");
  }
}

/** Escape leads from a widget back to the notebook's cell around it, as it does from a cell's text. */
function leaving(frame) {
  frame.addEventListener("keydown", (event) => {
    const cell = frame.closest(".jp-Cell");
    if (event.key !== "Escape" || event.defaultPrevented || !cell) return;
    event.preventDefault();
    cell.focus();
  });
}

const SILENCE = 5000;       // milliseconds after which a kernel that does not answer is told of

/** Tells, by `say(sentence)`, of a kernel that lets one wait: it is gone, or its answers don't reach this page. */
function patience(say, sentence) {
  let timer = null;
  const answered = () => clearTimeout(timer);
  const asked = () => {
    answered();
    timer = setTimeout(() => say(sentence), SILENCE);
  };
  return { asked, answered };
}
