// Frames with graphs are as high as what is in them, and light or dark as the page is.
function dark() {
  const chosen = document.body.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

function fit(frame) {
  const inside = frame.contentDocument;
  if (!inside?.body) return;
  const height = () => { frame.style.height = `${inside.documentElement.offsetHeight + 2}px`; };
  inside.documentElement.setAttribute("theme", dark() ? "dark" : "light");
  new frame.contentWindow.ResizeObserver(height).observe(inside.documentElement);
  height();
}

document.addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll("p.caption[role=heading]")) caption.setAttribute("aria-level", "2");
  for (const code of document.querySelectorAll("pre, .table-wrapper, .math")) {   // what scrolls can be reached by keyboard
    if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
  }
  const frames = [...document.querySelectorAll("iframe.graph")];
  for (const frame of frames) {
    frame.addEventListener("load", () => fit(frame));
    if (frame.contentDocument?.readyState === "complete") fit(frame);
  }
  const repaint = () => {
    for (const frame of frames) frame.contentDocument?.documentElement.setAttribute("theme", dark() ? "dark" : "light");
  };
  new MutationObserver(repaint).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
});
