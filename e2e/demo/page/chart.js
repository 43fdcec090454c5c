// The last minute, a column for each second, in three lanes with one axis of time: users whom the gateway knows, newcomers, and
// calls to Huawei. Behind them a band says what was the matter with Huawei.
const svgSpace = "http://www.w3.org/2000/svg";
const top = 22, gap = 26, axis = 20, right = 30;
const lanes = [
  { name: "lane.known", height: 70, least: 14, parts: [["fresh", "fresh"], ["stale", "stale"], ["lost", "refused"]] },
  { name: "lane.new", height: 34, least: 3, parts: [["new", "new"], ["refused", "refused"]] },
  { name: "lane.calls", height: 34, least: 8, parts: [["calls", "calls"]] },
];

export function draw(chart, seconds, text) {
  const width = Math.max(280, chart.clientWidth);
  const height = lanes.reduce((sum, lane) => sum + lane.height + gap, top) + axis - 6;
  const column = (width - right) / seconds.length;
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  svg.append(hatching());
  drawBands(svg, seconds, column, height - axis, text);

  let y = top;
  for (const lane of lanes) {
    const count = (second) => lane.parts.reduce((sum, [part]) => sum + second[part], 0);
    const most = Math.max(lane.least, ...seconds.map(count));
    svg.append(label(text[lane.name], 0, y + 11, "lane"));
    y += gap - 8;
    const base = y + lane.height;
    seconds.forEach((second, i) => {
      let reached = base;
      for (const [part, kind] of lane.parts) {
        const size = second[part] / most * lane.height;
        if (size === 0) continue;
        reached -= size;
        svg.append(element("rect", { class: kind, x: i * column + 0.75, y: reached, width: Math.max(1, column - 1.5), height: size, rx: 1 }));
      }
    });
    svg.append(element("line", { class: "base", x1: 0, x2: width - right, y1: base + 0.5, y2: base + 0.5 }));
    svg.append(label(`${most}/s`, width - right + 6, base - lane.height + 9, ""));
    y = base + 8;
  }
  for (const [back, anchor] of [[60, "start"], [30, "middle"], [0, "end"]]) {
    const tick = label(back === 0 ? text["chart.now"] : `−${back} s`, (width - right) * (1 - back / 60), height - 2, "");
    tick.setAttribute("text-anchor", anchor);
    svg.append(tick);
  }
  chart.replaceChildren(svg);
}

// A band is a run of seconds in one condition. Seconds in which nothing was seen, at the very start, are in none.
function drawBands(svg, seconds, column, height, text) {
  for (let from = 0; from < seconds.length;) {
    const condition = seconds[from].condition;
    let to = from + 1;
    while (to < seconds.length && seconds[to].condition === condition) to++;
    if (condition && condition !== "normal") {
      svg.append(element("rect", { class: `band ${condition}`, x: from * column, y: 0, width: (to - from) * column, height, rx: 3 }));
      if ((to - from) * column > 40) svg.append(label(text[`scenario.${condition}`], from * column + 6, 14, `band-name ${condition}`));
    }
    from = to;
  }
}

function hatching() {
  const pattern = element("pattern", { id: "hatch", width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(element("rect", { width: 4, height: 4 }), element("path", { d: "M0 0V4" }));
  const defs = element("defs", {});
  defs.append(pattern);
  return defs;
}

function label(content, x, y, kind) {
  const text = element("text", { x, y, class: kind });
  text.textContent = content;
  return text;
}

function element(name, attributes) {
  const made = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
