// The script of one player; `name` is the id of its figure. A notebook may run it twice, or show the figure twice.

const PIXELS = 4 / 3; // to a point, at a picture's own size
const READABLE = 1.1; // pixels to a point below which letters are too small
const TRAVEL = 700; // milliseconds that a gradient takes along an arrow
const PAUSE = 2000; // milliseconds from step to step, at speed 1
const ICONS = {
  first: "M5 5h2v14H5zM19 5v14L8 12z", back: "M16 5v14L5 12zM17 5h2v14h-2z", play: "M7 4l13 8-13 8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z", forward: "M8 5l11 7-11 7zM5 5h2v14H5z", last: "M17 5h2v14h-2zM5 5l11 7-11 7z",
  smaller: "M5 11h14v2H5z", larger: "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
  fit: "M4 4h6v2H6v4H4zM14 4h6v6h-2V6h-4zM4 14h2v4h4v2H4zM18 14h2v6h-6v-2h4z",
};
const HELP = "Graph. Left and right arrows step, up and down arrows visit the boxes, space plays, plus and minus zoom.";

const clamp = (x, low, high) => Math.max(low, Math.min(high, x));
const html = (tag, attributes = {}, ...children) => dress(document.createElement(tag), attributes, children);
const shape = (tag, attributes = {}, ...children) =>
  dress(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const icon = (of) => shape("svg", { viewBox: "0 0 24 24", "aria-hidden": true }, shape("path", { d: ICONS[of] }));

function dress(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function button(kind, label, onclick) {
  const attributes = { type: "button", class: kind, "aria-label": label, title: label };
  return Object.assign(html("button", attributes, icon(kind)), { onclick });
}

// The still picture as live SVG, and its boxes and operations (n0, n1, …) and arrows (edge1, edge2, …) by name.
function live(image) {
  const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (letter) => letter.charCodeAt(0));
  const parsed = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "image/svg+xml");
  const svg = document.importNode(parsed.documentElement, true), parts = new Map();
  for (const group of svg.querySelectorAll("g[id]")) {
    if (group.matches(".node, .edge")) parts.set(group.id.split("-").pop(), group);
    group.removeAttribute("id"); // the page may hold the same graph twice
  }
  for (const words of svg.querySelectorAll("title, desc")) words.remove(); // of the still picture
  for (const attribute of ["width", "height", "style"]) svg.removeAttribute(attribute);
  svg.setAttribute("role", "group");
  return [svg, parts];
}

// What shows a box's gradient: the ground, the word "grad", and `count` numbers; nothing where there is none.
function gradientParts(box, count) {
  const parts = [...box.children], word = parts.findLastIndex((part) => part.textContent.trim() === "grad");
  return word < 1 ? [] : parts.slice(word - 1, word + 1 + count);
}

// A number in place of another; in smaller letters where it is longer than the box was made for.
function write(part, text) {
  part.dataset.room ??= part.textContent.length;
  part.textContent = text;
  part.style.fontSize = text.length > part.dataset.room ? `${(9 * part.dataset.room) / text.length}px` : "";
}

// The words of a step.
function described(step, place) {
  const lines = (kind, texts) => texts.filter(Boolean).map((text) => html("p", { class: kind }, text));
  const phase = html("span", { class: "phase" }, step.phase === "given" ? "forward" : step.phase);
  return [html("p", { class: "small" }, phase, place), ...lines("title", [step.title]), ...lines("lead", [step.lead]),
    ...step.rules.map(ruleRow), ...lines("note", step.notes), ...lines("small", [step.about])];
}

function ruleRow([of, rule, code, numbers, result, summed]) {
  const formula = [...[code, numbers].map((part) => part && `${part} = `), html("b", {}, result)];
  const words = [html("span", {}, `gradient of ${of}`), html("span", { class: "formula" }, ...formula)];
  const undone = summed ? [html("span", { class: "formula undone" }, summed.replace("; ", ""))] : [];
  return html("div", { class: "rule" }, ...words, html("span", { class: "small" }, rule), ...undone);
}

// What runs along an arrow: a gradient, or in the forward pass a dot.
function token(label, width) {
  const ground = shape("rect", { x: -width / 2, y: -7.5, width, height: 15, rx: 7.5 });
  const inside = label ? [ground, shape("text", { y: 3.2 }, label)] : [shape("circle", { r: 3.6 })];
  return shape("g", { class: "token" }, ...inside);
}

// An arrow turned round: its head at the path's beginning, and a line in place of the head it had.
function turned(path) {
  const at = (length) => path.getPointAtLength(length), whole = path.getTotalLength();
  const tip = at(0), inner = at(4), end = at(whole), before = at(whole - 1);
  const angle = (Math.atan2(tip.y - inner.y, tip.x - inner.x) * 180) / Math.PI;
  const line = `M${end.x} ${end.y}l${6 * (end.x - before.x)} ${6 * (end.y - before.y)}`;
  const head = { points: "1,0 -7,-3.4 -7,3.4", transform: `translate(${tip.x} ${tip.y}) rotate(${angle})` };
  return shape("g", { class: "turned" }, shape("polygon", head), shape("path", { d: line }));
}

// Call draw(part) with part from 0 to 1, slowly at both ends; gives a function that stops it.
function animate(duration, draw) {
  let frame = 0, begun = performance.now();
  const next = (time) => {
    const part = duration ? clamp((time - begun) / duration, 0, 1) : 1;
    draw((1 - Math.cos(Math.PI * part)) / 2);
    if (part < 1) frame = requestAnimationFrame(next);
  };
  next(begun);
  return () => cancelAnimationFrame(frame);
}

// What part of the picture the stage shows: around `center`, at `scale` pixels to a point.
class Camera {
  constructor(stage, svg, moved) {
    const { width, height } = svg.viewBox.baseVal;
    Object.assign(this, { stage, svg, moved, width, height, scale: PIXELS, stop: () => {} });
    this.center = [width / 2, height / 2];
  }

  look(center, scale = this.scale) {
    this.stop();
    Object.assign(this, { center, scale });
    const [width, height] = [this.stage.clientWidth / scale, this.stage.clientHeight / scale];
    this.svg.setAttribute("viewBox", [center[0] - width / 2, center[1] - height / 2, width, height].join(" "));
    this.moved();
  }

  whole() {
    return Math.min(PIXELS, this.stage.clientWidth / this.width, this.stage.clientHeight / this.height);
  }

  fit(smallest = 0) {
    this.look([this.width / 2, this.height / 2], Math.max(this.whole(), smallest));
  }

  // Zoom so that what is (x, y) pixels from the middle stays there.
  zoom(factor, x = 0, y = 0) {
    const scale = clamp(this.scale * factor, Math.min(this.whole(), READABLE) / 2, 6);
    const change = 1 / this.scale - 1 / scale;
    this.look([this.center[0] + x * change, this.center[1] + y * change], scale);
  }

  // The center nearest to this one from which there is no more empty space beside the picture than there must be.
  inside(center) {
    const shown = [this.stage.clientWidth / this.scale, this.stage.clientHeight / this.scale];
    return [this.width, this.height].map((size, axis) =>
      shown[axis] < size ? clamp(center[axis], shown[axis] / 2, size - shown[axis] / 2) : size / 2);
  }

  // Bring groups into sight, where they are not.
  reveal(groups, duration) {
    this.stop();
    const frame = this.stage.getBoundingClientRect(), all = groups.map((group) => group.getBoundingClientRect());
    const left = Math.min(...all.map((box) => box.left)), right = Math.max(...all.map((box) => box.right));
    const top = Math.min(...all.map((box) => box.top)), bottom = Math.max(...all.map((box) => box.bottom));
    const inside = left >= frame.left && right <= frame.right && top >= frame.top && bottom <= frame.bottom;
    if (inside || !all.length) return;
    const [x, y] = this.center;
    const across = (left + right - frame.left - frame.right) / 2 / this.scale;
    const down = (top + bottom - frame.top - frame.bottom) / 2 / this.scale;
    const [toX, toY] = this.inside([x + across, y + down]);
    this.stop = animate(duration, (part) => this.look([x + part * (toX - x), y + part * (toY - y)]));
  }
}

function start(figure) {
  figure.dataset.ready = "yes";
  figure.dataset.lmSuppressShortcuts = "true"; // JupyterLab's own keys
  const { steps, nodes } = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const [svg, parts] = live(figure.querySelector("img"));
  const last = steps.length - 1, turn = steps.findIndex((step) => ["backward", "end"].includes(step.phase));
  let now = 0, shown = 0, timer = null, pending = 0, width = 0, pointed = null, stop = () => {};

  const over = shape("g"), tip = html("div", { class: "tip", role: "tooltip" });
  const zooms = html("div", { class: "zoom" }, button("smaller", "Smaller", () => camera.zoom(1 / 1.3)),
    button("larger", "Larger", () => camera.zoom(1.3)), button("fit", "Fit", () => camera.fit()));
  const stage = html("div", { class: "stage", tabindex: 0, role: "group", "aria-label": HELP }, svg, zooms, tip);
  const camera = new Camera(stage, svg, () => point(null));
  const ends = [button("first", "First step", () => go(0)), button("back", "Back", () => go(now - 1)),
    button("forward", "Forward", () => go(now + 1)), button("last", "Last step", () => go(last))];
  const toggle = button("play", "Play", () => play(timer === null));
  const slider = html("input", { type: "range", min: 0, max: last, "aria-label": "Step" });
  const speeds = [0.5, 1, 2, 4].map((factor) => html("option", { value: factor }, `${factor}×`));
  const speed = html("select", { "aria-label": "Speed", title: "Speed" }, ...speeds);
  const words = ["forward", steps[turn].phase === "backward" ? "backward" : ""].map((word) => html("span", {}, word));
  const time = html("div", { class: "time" }, slider, html("div", {}, ...words));
  const bar = html("div", { class: "bar" }, ...ends.slice(0, 2), toggle, ...ends.slice(2), time, speed);
  const panel = html("div", { class: "panel", role: "status", "aria-atomic": true });
  const view = html("div", { class: "view" }, stage, bar, panel);
  const share = `${(100 * (turn - 0.5)) / last}%`;
  slider.style.setProperty("--track", `linear-gradient(90deg, #5aa5d1 ${share}, #e19a5c ${share})`);
  words[0].style.flex = `0 0 ${share}`;
  speed.value = "1";
  svg.querySelector("g").append(over);
  figure.querySelector("div").replaceWith(view);
  figure.querySelector("figcaption").hidden = true;

  // By step the parts that it lights up; by part the step that it first appears in; by box what shows its gradient.
  const used = steps.map(({ boxes, arrows, grads }) => [...boxes.slice(0, 2).map(String), ...Object.keys(grads)]
    .map((box) => `n${box}`).concat(Object.keys(arrows).map((arrow) => `edge${arrow}`)));
  const birth = new Map(), gradients = new Map();
  steps.forEach((step, index) => {
    for (const part of step.phase === "forward" ? used[index] : []) birth.set(part, index);
    for (const [box, [rows]] of Object.entries(step.grads)) {
      gradients.set(box, gradientParts(parts.get(`n${box}`), rows.flat().length));
    }
  });
  const places = nodes.map((_, place) => parts.get(`n${place}`));
  const known = (upto) => Object.assign({}, ...steps.slice(0, upto + 1).map((step) => step.grads));

  const go = (step) => (play(false), show(step));

  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => (now < last ? show(now + 1) : play(false)), PAUSE / speed.value) : null;
    if (on) show(now < last ? now + 1 : 0);
    const label = on ? "Pause" : "Play";
    toggle.replaceChildren(icon(label.toLowerCase()));
    dress(toggle, { "aria-label": label, title: label }, []);
  }

  function show(next) {
    const moving = next === now + 1 && next <= last && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const duration = moving ? TRAVEL / speed.value : 0;
    const step = steps[(now = clamp(next, 0, last))], place = `step ${now + 1} of ${steps.length}`;
    figure.classList.toggle("backward", now >= turn);
    parts.forEach((part, name) => part.classList.toggle("now", used[now].includes(name)));
    slider.value = now;
    slider.setAttribute("aria-valuetext", `${place}: ${step.title}`);
    ends.forEach((end, index) => end.setAttribute("aria-disabled", now === (index < 2 ? 0 : last)));
    panel.replaceChildren(...described(step, place));
    clearTimeout(pending);
    settle(moving ? now - 1 : now);
    pending = setTimeout(() => settle(now), duration);
    const seen = now ? [...step.boxes, ...Object.keys(step.grads)] : steps[1].boxes;
    camera.reveal(seen.map((box) => places[box]), duration / 2);
    send(step, duration);
  }

  // Let the graph show what is there when step number `upto` is over.
  function settle(upto) {
    shown = upto;
    const arrived = known(upto);
    parts.forEach((part, name) => part.classList.toggle("later", (birth.get(name) ?? 0) > upto));
    gradients.forEach((shapes, box) => shapes.forEach((part, index) => {
      part.classList.toggle("unsent", !arrived[box]);
      if (arrived[box] && index > 1) write(part, arrived[box][0].flat()[index - 2]);
    }));
    point(pointed);
  }

  function send(step, duration) {
    const backward = now >= turn, sent = [];
    stop();
    over.replaceChildren();
    for (const [arrow, label] of Object.entries(step.arrows)) {
      const path = parts.get(`edge${arrow}`).querySelector("path"), length = path.getTotalLength();
      if (backward) over.append(turned(path));
      if (!(backward ? label : duration)) continue;
      const { x, y } = path.getPointAtLength(length / 2), width = backward ? 5.3 * label.length + 9 : 0;
      // Two that would rest on one another move apart.
      const under = sent.find((mark) => Math.abs(mark.x - x) < (mark.width + width) / 2 && Math.abs(mark.y - y) < 17);
      const aside = backward && under ? (y < under.y ? under.y - 17 : under.y + 17) - y : 0;
      sent.push({ path, length, x, y: y + aside, width, aside, mark: token(label, width) });
    }
    over.append(...sent.map(({ mark }) => mark));
    stop = animate(duration, (part) => {
      for (const { path, length, aside, mark } of sent) {
        const { x, y } = path.getPointAtLength(length * (backward ? 1 - part / 2 : part));
        mark.setAttribute("transform", `translate(${x} ${y + aside * part})`);
        if (!backward && part === 1) mark.remove();
      }
    });
  }

  // Show what is known of the box or operation at a place beside it; of null, nothing.
  function point(place) {
    pointed = place;
    tip.classList.toggle("on", place !== null);
    if (place === null) return;
    const about = steps.find((step) => step.about && step.boxes[0] === place)?.about, gradient = known(shown)[place];
    const none = gradients.has(`${place}`) ? "no gradient yet" : gradients.size ? "gets no gradient" : "";
    const lines = [...nodes[place], about ?? (gradient ? `gradient ${gradient[1]}` : none)].filter(Boolean);
    tip.textContent = lines.join("\n");
    places[place].setAttribute("aria-label", lines.join(", "));
    const box = places[place].getBoundingClientRect(), frame = stage.getBoundingClientRect();
    const below = box.bottom - frame.top + 6, above = box.top - frame.top - tip.offsetHeight - 6;
    const left = (box.left + box.right - tip.offsetWidth) / 2 - frame.left;
    tip.style.left = `${clamp(left, 4, Math.max(4, frame.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${below + tip.offsetHeight < frame.height ? below : Math.max(4, above)}px`;
  }

  places.forEach((box, place) => {
    const events = { onfocus: () => (camera.reveal([box], 0), point(place)), onblur: () => point(null),
      onpointerenter: () => point(place), onpointerleave: () => point(null) };
    Object.assign(dress(box, { tabindex: -1, role: "img" }, []), events);
  });
  const visit = (by) =>
    places[clamp(places.indexOf(document.activeElement) + by, 0, places.length - 1)].focus({ preventScroll: true });
  const keys = {
    ArrowRight: () => go(now + 1), ArrowLeft: () => go(now - 1), Home: () => go(0), End: () => go(last),
    ArrowDown: () => visit(1), ArrowUp: () => visit(-1), Escape: () => stage.focus(), " ": () => play(timer === null),
    "+": () => camera.zoom(1.3), "-": () => camera.zoom(1 / 1.3), 0: () => camera.fit(),
  };
  figure.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the notebook has keys of its own
    const own = event.target.matches(event.key === " " ? "select, summary, button" : "select, summary");
    if (own || !keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  slider.oninput = () => go(+slider.value);
  speed.onchange = () => timer !== null && play(true);
  stage.onpointermove = ({ buttons, movementX, movementY }) => {
    const { center: [x, y], scale } = camera;
    if (buttons === 1) camera.look([x - movementX / scale, y - movementY / scale]);
  };
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    const { left, top, width, height } = stage.getBoundingClientRect();
    camera.zoom(Math.exp(-event.deltaY / 300), event.clientX - left - width / 2, event.clientY - top - height / 2);
  }, { passive: false });

  // Once there is a width, and when it changes: sizes, and room for the longest step, so that nothing jumps.
  new ResizeObserver(() => {
    if (!figure.clientWidth || figure.clientWidth === width) return;
    width = figure.clientWidth;
    const beside = width >= 720 && camera.height > 300 && camera.width * PIXELS < width * 0.6;
    view.classList.toggle("beside", beside);
    const height = camera.height * Math.min(PIXELS, stage.clientWidth / camera.width);
    stage.style.height = `${clamp(height, 150, beside ? 600 : 460)}px`;
    panel.style.minHeight = "";
    const room = steps.map((step) => (panel.replaceChildren(...described(step, "")), panel.offsetHeight));
    panel.style.minHeight = `${Math.min(Math.max(...room), 400)}px`;
    camera.fit(READABLE);
    show(now);
  }).observe(figure);
}

for (const figure of document.querySelectorAll(`figure[id="${name}"]`)) {
  if (!figure.dataset.ready) start(figure);
}
