// Looks through the forecasts: draws the chosen series and window into the figure that stands there already.
const looked = JSON.parse(document.getElementById("looked").textContent);
const figure = document.querySelector("#forecasts-figure");
const [left, top_, right, bottom] = looked.frame;
const chosen = { series: 0, window: Math.floor(looked.series[0].windows.length / 2) };
const part = (name) => document.getElementById(`look-${name}`);
const svg = (name, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};

function draw() {
  const series = looked.series[chosen.series], shown = series.windows[chosen.window];
  const end = Math.max(series.start + series.truth.length - 1, series.start + 1);
  const x = (step) => left + (step - series.start) / (end - series.start) * (right - left);
  const y = (value) => bottom - (value - series.low) / (series.high - series.low) * (bottom - top_);
  const path = (first, values) => {
    let pen = "M", d = "";
    values.forEach((value, place) => {
      if (value === null) pen = "M";
      else { d += `${pen}${x(first + place).toFixed(1)} ${y(value).toFixed(1)}`; pen = "L"; }
    });
    return d;
  };
  const parts = series.ticks.flatMap(([tick, text]) => [
    svg("path", { class: "grid", d: `M${left} ${y(tick).toFixed(1)}H${right}` }),
    svg("text", { class: "tick", x: left - 5, y: y(tick) + 4, "text-anchor": "end" }, text)]);
  const every = Math.max(1, Math.ceil((end - series.start) / 6 / 5) * 5);
  for (let step = Math.ceil(series.start / every) * every; step <= end; step += every)
    parts.push(svg("text", { class: "tick", x: x(step), y: bottom + 16, "text-anchor": "middle" }, step.toLocaleString("en")));
  parts.push(svg("path", { class: "frame", d: `M${left} ${bottom}H${right}` }));
  const origin = Math.max(left, x(shown.origin));
  parts.push(svg("path", { class: "origin", d: `M${origin} ${top_}V${bottom}` }));
  const line = (look, dashed, d) => {
    const group = svg("g", { class: `k-${look}` });
    group.append(svg("path", { class: dashed ? "line dashed" : "line", d }));
    parts.push(group);
  };
  line("truth", false, path(series.start, series.truth));
  looked.names.forEach(([look], place) => {
    if (document.getElementById(`show-${look}`).checked) line(look, look.endsWith("tokens"), path(shown.origin + 1, shown.values[place]));
  });
  const drawing = figure.querySelector("svg");
  drawing.replaceChildren(...parts, ...[...drawing.querySelectorAll(".label")]);
  part("origin").textContent = looked.told.replace("{label}", shown.label);
  part("window").max = series.windows.length - 1;
  part("window").value = chosen.window;
  shown.mae.forEach((error, place) => { document.getElementById(`mae-${place}`).textContent = error; });
  part("body").replaceChildren(...shown.values[0].map((_, ahead) => {
    const row = document.createElement("tr"), step = shown.origin + 1 + ahead;
    [step.toLocaleString("en"), series.truth[step - series.start] ?? "", ...shown.values.map((values) => values[ahead] ?? "")].forEach((text, place) => {
      const made = row.insertCell();
      made.textContent = text;
      if (place) { made.className = "number"; made.dataset.label = looked.headings[place]; }
    });
    return row;
  }));
}

const go = (window) => {
  chosen.window = Math.min(Math.max(window, 0), looked.series[chosen.series].windows.length - 1);
  draw();
};
part("window").addEventListener("input", (event) => go(Number(event.target.value)));
part("earlier").addEventListener("click", () => go(chosen.window - 1));
part("later").addEventListener("click", () => go(chosen.window + 1));
part("series")?.addEventListener("change", (event) => { chosen.series = event.target.selectedIndex; go(chosen.window); });
for (const [look] of looked.names) document.getElementById(`show-${look}`).addEventListener("change", draw);
document.querySelector(".looking").hidden = false;
draw();
