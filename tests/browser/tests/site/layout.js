// The faults in how the page is laid out as it is now, a line each. The body of a function.
//
// A piece is what a visitor sees as one: a line of text, a button, a field, a drawing, a dot of the route. Each must lie in
// every box around it and in the window, and none may cover another.

// Rules are a pixel wide, and boxes end on fractions of one.
const TOLERANCE = 1.01;

const root = document.documentElement;
const faults = [];
const what = (element) => {
  const name = element.id ? `#${element.id}` : element.className && typeof element.className === "string" ? `.${element.className}` : "";
  const parent = element.parentElement;
  const within = parent && parent !== document.body ? `${parent.localName}${parent.className ? `.${parent.className}` : ""} > ` : "";
  return `${within}${element.localName}${name}`;
};
const short = (text) => JSON.stringify(text.trim().replace(/\s+/g, " ").slice(0, 40));
const area = ({ left, top, right, bottom }) => ({ left, top, right, bottom });

/** A drawing is a circle and may be turned, which makes the box around its corners larger than itself. */
const circle = (svg) => {
  const box = svg.getBoundingClientRect();
  const [x, y, r] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2, Math.min(svg.clientWidth, svg.clientHeight) / 2];
  return { left: x - r, top: y - r, right: x + r, bottom: y + r };
};

/** Where a dot or a line before or after an element is painted, if that is placed by itself. */
const painted = (element, pseudo) => {
  const style = getComputedStyle(element, pseudo);
  if (style.content === "none" || style.display === "none" || style.position !== "absolute") return null;
  const box = element.getBoundingClientRect();
  const [left, top, width, height] = ["left", "top", "width", "height"].map((name) => parseFloat(style[name]));
  return { left: box.left + left, top: box.top + top, right: box.left + left + width, bottom: box.top + top + height };
};

const pieces = [];
const visit = (element) => {
  // What is only heard, and what waits above the page until it is reached.
  if (!element.checkVisibility({ visibilityProperty: true }) || element.matches(".status, .skip:not(:focus)")) return;
  if (element.matches("svg")) return void pieces.push({ element, text: "drawing", ...circle(element) });
  if (element.matches("button, input")) return void pieces.push({ element, text: element.textContent, ...area(element.getBoundingClientRect()) });
  if (element.matches(".route li")) {
    for (const pseudo of ["::before", "::after"]) {
      const box = painted(element, pseudo);
      if (box) pieces.push({ element, text: pseudo, paint: true, ...box });
    }
  }
  for (const child of element.childNodes) {
    if (child.nodeType === Node.ELEMENT_NODE) visit(child);
    if (child.nodeType !== Node.TEXT_NODE || !child.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(child);
    for (const box of range.getClientRects()) {
      // White space that a line ends with takes no room.
      if (box.width > 0) pieces.push({ element, text: child.data, words: true, ...area(box) });
    }
  }
};
visit(document.body);
if (pieces.length < 12) faults.push(`only ${pieces.length} pieces are to be seen`);

if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);

const boxes = new Map();
const boxOf = (element) => {
  if (!boxes.has(element)) boxes.set(element, element.getBoundingClientRect());
  return boxes.get(element);
};
// The box around a line says nothing of where the line may lie, and the page's own is the window's.
const bounds = (element) => getComputedStyle(element).display !== "inline" && element !== document.body && element !== root;
for (const piece of pieces) {
  if (piece.left < -TOLERANCE || piece.right > root.clientWidth + TOLERANCE) {
    faults.push(`${what(piece.element)} ${short(piece.text)} sticks out of the window`);
  }
  if (piece.paint) continue;
  for (let box = piece.words ? piece.element : piece.element.parentElement; box; box = box.parentElement) {
    const around = boxOf(box);
    const beside = Math.max(around.left - piece.left, piece.right - around.right);
    const beyond = Math.max(around.top - piece.top, piece.bottom - around.bottom);
    if ((beside <= TOLERANCE && beyond <= TOLERANCE) || !bounds(box)) continue;
    const style = getComputedStyle(piece.element);
    const size = piece.words ? parseFloat(style.fontSize) : 0;
    // Where spaces are kept, the one that a line ends with hangs. A font is taller than a line that is set tight.
    const hangs = style.whiteSpace === "pre-wrap" ? 0.9 * size : TOLERANCE;
    if (beside > hangs || beyond > Math.max(0.3 * size, TOLERANCE)) {
      faults.push(`${what(piece.element)} ${short(piece.text)} sticks out of ${what(box)} by ${Math.max(beside, beyond).toFixed(1)}`);
      break;
    }
  }
}

pieces.sort((a, b) => a.top - b.top);
for (let i = 0; i < pieces.length; i += 1) {
  const a = pieces[i];
  for (let j = i + 1; j < pieces.length && pieces[j].top < a.bottom; j += 1) {
    const b = pieces[j];
    if (a.paint && b.paint) continue;
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - b.top;
    // As above: lines that are set tight have boxes that overlap and letters that do not.
    const slack = a.words && b.words ? 0.35 * Math.min(a.bottom - a.top, b.bottom - b.top) : TOLERANCE;
    if (across > TOLERANCE && down > slack) {
      faults.push(`${what(a.element)} ${short(a.text)} and ${what(b.element)} ${short(b.text)} cover each other by ${across.toFixed(1)} x ${down.toFixed(1)}`);
    }
  }
}
return faults;
