// What the pages gain with script. Each is complete without it, so everything that needs script is made by it.
// Text goes in as text, never as markup: the policy of this site (require-trusted-types-for) refuses the latter.

/** Makes an element with a class and text. */
function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

/** A place for messages that are only heard. It has to be in the page before the first message is. */
function heard(name = "status") {
  const place = make("p", name);
  place.setAttribute("role", "status");
  document.body.append(place);
  return place;
}
const status = heard();

// Commands that name this site: the server does not know by which name it was reached.
for (const place of document.querySelectorAll("[data-origin]")) place.textContent = location.origin;

// Copy buttons. The clipboard exists in secure contexts only; elsewhere there is no button rather than a dead one.
if (navigator.clipboard) {
  for (const code of document.querySelectorAll("[data-copy]")) {
    const name = code.dataset.copy;
    const button = make("button", "copy", "Copy");
    button.type = "button";
    button.setAttribute("aria-label", `Copy ${name}`);
    let restore;
    button.addEventListener("click", async () => {
      let said = `Copied ${name}`;
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        said = `The browser refused to copy ${name}`;
        button.textContent = "Refused";
      }
      status.textContent = said;
      clearTimeout(restore);
      restore = setTimeout(() => {
        button.textContent = "Copy";
        // Emptied, so that the same message is heard again; but not if another button has spoken since.
        if (status.textContent === said) status.textContent = "";
      }, 2000);
    });
    // Beside a link, not in it; before the text of a command, so that it can float.
    if (code.parentElement.matches("pre")) code.before(button);
    else (code.closest("a") ?? code).after(button);
  }
}

// How long ago. Rounded down: a process never claims to have run longer than it has.
const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
function ago(moment) {
  const seconds = Math.max(0, (Date.now() - Date.parse(moment)) / 1000);
  if (Number.isNaN(seconds)) return "";
  const [unit, size] = units.find(([, size]) => seconds >= size) ?? units.at(-1);
  return `(${new Intl.RelativeTimeFormat("en-GB").format(-Math.floor(seconds / size), unit)})`;
}
for (const time of document.querySelectorAll("time[datetime]")) {
  if (ago(time.dateTime)) time.after(" ", make("span", "since", ago(time.dateTime)));
}

// The packing list can be filtered and sorted. What is chosen stands in the address, so that it can be shared.
const table = document.querySelector("#packages");
if (table) {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells];
  const columns = heads.map((head) => head.textContent.toLowerCase());
  const { compare } = new Intl.Collator("en-GB", { numeric: true });
  const chosen = new URLSearchParams(location.search);
  let [sorted, descending] = [columns.indexOf(chosen.get("sort")), chosen.get("order") === "descending"];

  const label = make("label", "", "Filter the list");
  const input = make("input");
  const count = make("p");
  label.htmlFor = input.id = "filter";
  input.type = "search";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.value = chosen.get("filter") ?? "";
  count.setAttribute("role", "status");

  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      // Cells joined by a space: "serde 1.0" must not match "serde_json1.0".
      const text = [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
  };
  const sort = () => {
    const text = (row) => row.cells[sorted].textContent;
    // The sort is stable: what is equal stays in the order of the list.
    const order = sorted < 0 ? rows : rows.toSorted((a, b) => compare(text(a), text(b)) * (descending ? -1 : 1));
    table.tBodies[0].append(...order);
    heads.forEach((head, column) => {
      if (column === sorted) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  };
  const share = () => {
    const address = new URL(location.href);
    const choices = { filter: input.value.trim(), sort: columns[sorted] ?? "", order: sorted >= 0 && descending ? "descending" : "" };
    for (const [name, value] of Object.entries(choices)) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(null, "", address);
  };
  heads.forEach((head, column) => {
    const button = make("button", "sort", head.textContent);
    button.type = "button";
    button.addEventListener("click", () => {
      [sorted, descending] = [column, column === sorted && !descending];
      sort();
      share();
    });
    head.replaceChildren(button);
  });
  input.addEventListener("input", filter);
  // Not at every letter: browsers refuse to change an address that often.
  input.addEventListener("change", share);

  const box = make("div", "filter");
  box.setAttribute("role", "search");
  box.append(label, input, count);
  const body = make("div");
  table.replaceWith(body);
  body.append(box, table);
  filter();
  sort();
}

/** The seal of a digest, drawn as templates/macros.html.j2 draws it. */
function seal(digits) {
  const draw = (tag, attributes, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };
  const svg = draw("svg", { class: "seal", viewBox: "-60 -60 120 120", role: "img", "aria-label": `Seal ${digits.slice(0, 8)}` });
  svg.append(draw("circle", { class: "edge", r: 57 }), draw("circle", { class: "line", r: 52 }));
  for (let ring = 0; ring < 4; ring += 1) {
    const worths = [...digits.slice(ring * 16, ring * 16 + 16)].map((digit) => Number.parseInt(digit, 16));
    const dashes = worths.flatMap((worth) => [worth + 1, 16 - worth]).join(" ");
    svg.append(draw("circle", { class: "arcs", r: 46 - ring * 8, pathLength: 272, transform: "rotate(-90)", "stroke-dasharray": dashes }));
  }
  svg.append(draw("text", { y: -1 }, digits.slice(0, 4)), draw("text", { y: 9 }, digits.slice(4, 8)));
  return svg;
}

// The other environments. Slower than this is as good as no answer to somebody who waits for a page.
const PATIENCE_MS = 5000;
const REFRESH_MS = 30000;

/** The row of one environment; gives what asks it again. What has not changed is left as it is: somebody reads it. */
function row(box, { digest: ours, commit: here, compare }) {
  const [verdict, facts, since, comparison] = ["verdict", "", "", ""].map((name) => make("p", name));
  verdict.textContent = "Asking what it runs.";
  box.append(verdict, facts, since, comparison);
  let drawn = null;
  const change = (element, text, ...rest) => {
    const next = make("p");
    next.append(text, ...rest);
    if (next.innerHTML !== element.innerHTML) element.replaceChildren(...next.childNodes);
  };
  const say = (kind, text) => {
    verdict.className = `verdict ${kind}`;
    change(verdict, text);
  };
  // What it said before is no longer news, and still the last that is known.
  const fail = (text) => say("silent", facts.textContent ? `${text} Below is its last answer.` : text);

  const ask = async () => {
    let theirs;
    try {
      const answer = await fetch(`${box.dataset.peer}/release.json`, {
        headers: { Accept: "application/json" },
        credentials: "omit",
        cache: "no-cache",
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (!answer.ok) return fail(`It answered with status ${answer.status}.`);
      theirs = await answer.json();
    } catch (error) {
      if (error.name === "TimeoutError") return fail(`No answer within ${PATIENCE_MS / 1000} seconds.`);
      if (error instanceof SyntaxError) return fail("Its answer could not be read.");
      return fail("It could not be reached from this browser.");
    }
    // What a site does not know is null there.
    const text = (name, form = /^/) => (typeof theirs?.[name] === "string" && form.test(theirs[name]) ? theirs[name] : null);
    const [name, version, commit, zone] = ["name", "version", "commit", "availability_zone"].map((key) => text(key));
    const digest = text("image_digest", /^sha256:[0-9a-f]{64}$/);
    const started = text("started_at", /^\d{4}(-\d\d){2}T\d\d(:\d\d){2}Z$/);
    if (name === null || version === null) return fail("Its answer could not be read.");
    change(facts, `${name} ${version}, commit `, commit ? make("code", "", commit.slice(0, 7)) : "not known");
    if (started) {
      const time = make("time", "", `${started.slice(0, 10)} ${started.slice(11, 19)} UTC`);
      time.dateTime = started;
      change(since, "Since ", time, zone ? `, in ${zone}` : "");
    }
    if (digest !== drawn) {
      box.querySelector("svg")?.remove();
      if (digest) box.prepend(seal(digest.slice(7)));
      drawn = digest;
    }
    const whole = /^[0-9a-f]{40}$/;
    if (compare && digest !== ours && whole.test(here) && whole.test(commit) && here !== commit) {
      const link = make("a", "", "Which commit is behind?");
      link.href = `${compare}${commit}...${here}`;
      change(comparison, link);
    } else change(comparison, "");
    if (!digest) return say("silent", "It does not know its digest.");
    if (!ours) return say("silent", "This site does not know its own digest, so there is nothing to compare.");
    if (digest === ours) return say("same", "The same seal as here.");
    return say("other", "A different seal: it runs another image.");
  };
  return { ask, told: () => `${box.querySelector("h3").textContent}: ${verdict.textContent}` };
}

const board = document.querySelector(".board");
if (board) {
  const rows = [...board.querySelectorAll("[data-peer]")].map((box) => row(box, board.dataset));
  // Of its own: an answer may come while a button speaks.
  const heardHere = heard("status news");
  let [looked, busy, before] = [true, false, []];
  const refresh = async () => {
    const { isCollapsed, anchorNode } = getSelection();
    if (busy || document.hidden || !looked || (!isCollapsed && board.contains(anchorNode))) return;
    busy = true;
    await Promise.all(rows.map(({ ask }) => ask()));
    busy = false;
    // Heard once, and then only what is new.
    const news = rows.map(({ told }) => told()).filter((line, place) => line !== before[place]);
    before = rows.map(({ told }) => told());
    if (news.length > 0) heardHere.textContent = news.join(" ");
  };
  refresh();
  new IntersectionObserver((entries) => (looked = entries.at(-1).isIntersecting)).observe(board);
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, REFRESH_MS);
}
