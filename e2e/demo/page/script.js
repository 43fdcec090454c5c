import { draw } from "./chart.js";

const text = JSON.parse(document.getElementById("texts").textContent);
const by = (id) => document.getElementById(id);
const betweenSentences = document.documentElement.lang === "en" ? " " : "";
const number = new Intl.NumberFormat(document.documentElement.lang);

// say fills in the blanks of a text: {name}.
function say(name, values = {}) {
  return text[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

// make makes an element. What comes from outside goes in as text, never as HTML.
function make(tag, { kind, content, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (content !== undefined) element.textContent = content;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// ---- what goes on ----

let latest;

function show(state) {
  latest = state;
  by("trouble").hidden = true;
  for (const button of document.querySelectorAll("[data-condition]")) {
    button.setAttribute("aria-pressed", String(button.dataset.condition === state.huawei));
  }
  by("visitors").setAttribute("aria-pressed", String(state.visitors));

  const sum = (part) => state.seconds.reduce((total, second) => total + second[part], 0);
  const lost = sum("lost"), stale = sum("stale"), knownServed = sum("fresh") + stale, lookups = sum("lookups"), hits = sum("hits"), calls = sum("calls");
  const known = knownServed + lost;
  tile("served", known ? share(knownServed, known) : "–", known ? say("served.note", { served: number.format(knownServed), all: number.format(known), stale: number.format(stale) }) : "",
    !known ? "" : lost ? "bad" : "good");
  tile("hits", lookups ? share(hits, lookups) : "–", say("hits.note", { hits: number.format(hits), lookups: number.format(lookups), entries: number.format(state.entries) }));
  tile("calls", number.format(calls), say("calls.note", { without: number.format(2 * lookups) }));
  tile("breaker", say(`breaker.${state.breaker}`), say(`breaker.${state.breaker}.note`), { closed: "good", open: "bad" }[state.breaker]);

  draw(by("chart"), state.seconds, text);
  by("chart").setAttribute("aria-label", say("chart.summary", {
    served: knownServed, known, stale, newcomers: sum("new"), refused: sum("refused"), calls, condition: say(`scenario.${state.huawei}`),
  }));
}

function tile(id, value, note, kind = "") {
  by(id).textContent = value;
  by(`${id}-note`).textContent = note;
  by(id).closest("div").className = kind;
}

// share rounds down, so that 100 % are all.
function share(part, all) {
  return `${Math.floor(100 * part / all)} %`;
}

const states = new EventSource("/_demo/state");
states.onmessage = (event) => show(JSON.parse(event.data));
states.onerror = () => trouble("trouble.gone");
addEventListener("pagehide", () => states.close());
new ResizeObserver(() => latest && draw(by("chart"), latest.seconds, text)).observe(by("chart"));

function trouble(name) {
  by("trouble").textContent = say(name);
  by("trouble").hidden = false;
}

by("visitors").addEventListener("click", async (event) => {
  const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
  event.currentTarget.setAttribute("aria-pressed", String(on));
  await fetch(`/_demo/visitors/${on ? "on" : "off"}`, { method: "POST" }).catch(() => trouble("trouble.gone"));
});

// ---- one request, or two ----

let running = 0;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-scenario]");
  if (!button) return;
  const id = button.dataset.scenario, run = ++running;
  by("result").setAttribute("aria-busy", "true");
  by("result").dataset.shown = "";
  try {
    const response = await fetch(`/_demo/run/${id}`, { method: "POST" });
    if (!response.ok) throw new Error(await response.text());
    const exchanges = await response.json();
    if (run !== running) return; // another button was pressed meanwhile
    showResult(id, exchanges);
    remember(id, exchanges);
    if (matchMedia("(max-width: 60rem)").matches) {
      by("result").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    }
  } catch {
    if (run === running) trouble("trouble.gone");
  }
});

function showResult(id, exchanges) {
  for (const button of document.querySelectorAll(".choices [data-scenario]")) {
    if (button.dataset.scenario === id) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  by("result-title").textContent = say(text[`title.${id}`] ? `title.${id}` : `scenario.${id}`);
  by("about").textContent = say(`about.${id}`);
  by("exchanges").replaceChildren(...exchanges.map(exchangeOf));
  by("announcement").textContent = exchanges.map(({ who, verdict }) => [who && say(`who.${who}`), verdict.status, verdict.code, sourceOf(verdict)].filter(Boolean).join(", ")).join("; ");
  by("result").setAttribute("aria-busy", "false");
  by("result").dataset.shown = id;
}

function exchangeOf(exchange) {
  const article = make("article", { kind: "exchange" });
  if (exchange.who) article.append(make("h3", { content: say(`who.${exchange.who}`) }));
  article.append(make("ol", { kind: "steps" }, sentStep(exchange), askedStep(exchange), verdictStep(exchange), receivedStep(exchange)));
  return article;
}

function step(name, kind, ...children) {
  return make("li", { kind: `step ${kind}` }, make("h4", { content: say(name) }), ...children);
}

function sentStep({ sent }) {
  const message = make("pre");
  sent.forEach(({ text: line, forged }, i) => {
    if (i) message.append("\n");
    if (forged) message.append(make("del", { content: line }), make("span", { kind: "removed", content: say("removed") }));
    else message.append(line);
  });
  return step("step.sent", "sent", message);
}

function askedStep({ asked, verdict }) {
  if (!asked.length) return step("step.asked", "asked", make("p", { kind: "dim", content: say(`notasked.${verdict.code === "overloaded" ? "overloaded" : verdict.source || "nobody"}`) }));
  return step("step.asked", "asked", ...asked.flatMap((call) => [
    make("p", { kind: "api", content: say(call.target.includes("getTokenInfo") ? "api.getTokenInfo" : "api.getInfo") }),
    make("pre", { content: `POST ${call.target}\n${call.form}` }),
    make("pre", { kind: "answer", content: `→ ${answerOf(call)}` }),
  ]));
}

function answerOf({ status, nsp, body }) {
  if (!status) return say("cut");
  return [`HTTP ${status}`, nsp && `NSP_STATUS ${nsp}`, body].filter(Boolean).join("\n");
}

function verdictStep({ verdict, answer, millis }) {
  const served = answer.length === 0;
  const kind = !served ? "refused" : verdict.source === "stale" ? "stale" : "served";
  const word = served ? say(kind === "stale" ? "verdict.stale" : "verdict.served") : verdict.code;
  const children = [
    make("p", { kind: "verdict" }, make("b", { content: verdict.status }), make("code", { content: word }), make("span", { content: say("took", { millis: millis < 10 ? millis.toFixed(1) : Math.round(millis) }) })),
    make("p", { content: [sourceOf(verdict), verdict.code && say(`code.${verdict.code}`)].filter(Boolean).join(betweenSentences) }),
  ];
  if (!served) children.push(make("details", {}, make("summary", { content: say("answer") }), make("pre", { content: answer.map((line) => line.text).join("\n") })));
  const made = step("step.verdict", kind, ...children);
  made.dataset.status = verdict.status;
  made.dataset.code = verdict.code;
  made.dataset.source = verdict.source;
  return made;
}

function sourceOf({ source, ttl }) {
  return say(`source.${source || "nobody"}`, { ttl: Math.abs(ttl) });
}

function receivedStep({ received, verdict }) {
  if (!received.length) return step("step.received", "received", make("p", { kind: "dim", content: say(verdict.status < 500 ? "received.nothing" : "received.nothing.outage") }));
  const rows = (wanted) => received.filter(wanted).map(({ name, value, by: setter }) =>
    make("tr", { kind: setter }, make("th", { scope: "row", content: name }), make("td", { content: value })));
  const others = rows(({ by: setter }) => setter !== "identity");
  const children = [make("table", { kind: "headers", "aria-label": say("received.identity") }, ...rows(({ by: setter }) => setter === "identity"))];
  if (others.length) {
    children.push(make("details", {}, make("summary", { content: say("received.others", { count: others.length }) }), make("table", { kind: "headers" }, ...others)));
  }
  return step("step.received", "received", ...children);
}

// The last result stays when the language is changed, which loads the page anew.
function remember(id, exchanges) {
  try {
    sessionStorage.setItem("result", JSON.stringify({ id, exchanges }));
  } catch {
    // A browser that stores nothing shows the empty result then.
  }
}

try {
  const { id, exchanges } = JSON.parse(sessionStorage.getItem("result")) ?? {};
  if (exchanges && text[`scenario.${id}`]) showResult(id, exchanges);
} catch {
  sessionStorage.clear();
}
