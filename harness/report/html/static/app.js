// What the pages can do beyond being read: everything is readable without this script.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // --- a link into something folded opens it --------------------------------------------------------------------
  function unfold() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && !id.includes("=") && document.getElementById(id);
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
    if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }

  // --- the overview: one sheet at a time, filtered ------------------------------------------------------------
  function overview() {
    const sheets = all("section.sheet");
    const form = document.querySelector(".filter");
    if (!sheets.length || !form) return;
    const [find, others] = ["q", "others"].map((id) => document.getElementById(id));
    const chips = all(".chips button", form);
    const shown = document.getElementById("shown");
    const tabs = document.querySelector(".tabs");
    tabs.setAttribute("role", "tablist");
    tabs.setAttribute("aria-label", "Revision");
    const buttons = sheets.map((sheet) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = sheet.dataset.revision;
      if (+sheet.dataset.blocking) {
        const blocking = document.createElement("b");
        blocking.textContent = ` ✗ ${sheet.dataset.blocking}`;
        button.append(blocking);
        button.setAttribute("aria-label", `${sheet.dataset.revision}, ${sheet.dataset.blocking} blocking`);
      }
      button.id = `tab-${sheet.id}`;
      button.setAttribute("role", "tab");
      button.setAttribute("aria-controls", sheet.id);
      sheet.setAttribute("role", "tabpanel");
      sheet.setAttribute("aria-labelledby", button.id);
      sheet.removeAttribute("aria-label");
      sheet.querySelector("h3").hidden = true;
      button.addEventListener("click", () => choose(sheet.dataset.revision));
      tabs.append(button);
      return button;
    });
    tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
      buttons[next].focus();
      buttons[next].click();
    });
    form.hidden = tabs.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());

    const state = { rev: "", q: "", show: "", others: "" };
    const initial = (sheets.find((sheet) => sheet.dataset.opens) ?? sheets[0]).dataset.revision;
    function read() {
      const given = location.hash.includes("=") ? new URLSearchParams(location.hash.slice(1)) : new URLSearchParams();
      for (const key of Object.keys(state)) state[key] = given.get(key) ?? "";
      if (!sheets.some((sheet) => sheet.dataset.revision === state.rev)) state.rev = initial;
      if (!chips.some((chip) => chip.dataset.show === state.show)) state.show = "";
      [find.value, others.checked] = [state.q, state.others === "1"];
    }
    function write() {
      const given = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
      history.replaceState(null, "", `#${given}`);
      apply();
    }
    function choose(revision) {
      state.rev = revision;
      write();
    }
    function apply() {
      sheets.forEach((sheet, index) => {
        const here = sheet.dataset.revision === state.rev;
        sheet.hidden = !here;
        buttons[index].setAttribute("aria-selected", here);
        buttons[index].tabIndex = here ? 0 : -1;
        if (here) filter(sheet);
      });
    }
    function filter(sheet) {
      const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
      const rows = all("tbody tr", sheet);
      const columns = all("thead .turned", sheet).map((head) => head.textContent.trim().toLowerCase());
      const hits = columns.map((name) => words.length > 0 && words.every((word) => name.includes(word)));
      const byColumn = hits.some(Boolean);
      // without a page of its own, a sheet would be empty unless the others are shown
      const everybody = state.others === "1" || !+sheet.dataset.own;
      let count = 0;
      const having = new Map(chips.map((chip) => [chip.dataset.show, 0]));
      for (const row of rows) {
        const name = row.dataset.example.toLowerCase();
        const found =
          (everybody || !row.classList.contains("other")) && (byColumn || words.every((word) => name.includes(word)));
        const has = (show) => !show || row.querySelector(`td.${show}`) !== null;
        if (found) for (const show of having.keys()) if (has(show)) having.set(show, having.get(show) + 1);
        row.hidden = !(found && has(state.show));
        if (!row.hidden) count += 1;
        [...row.children].slice(1).forEach((cell, at) => cell.classList.toggle("dim", byColumn && !hits[at]));
      }
      all("thead .turned", sheet).forEach((head, at) => head.classList.toggle("dim", byColumn && !hits[at]));
      for (const chip of chips) {
        const { show } = chip.dataset;
        chip.setAttribute("aria-pressed", show === state.show);
        chip.querySelector("b").textContent = having.get(show);
        chip.hidden = show !== "" && show !== state.show && !having.get(show);
      }
      shown.textContent = `${count} of ${rows.length} examples`;
      // the Tab key must find a way into what is left
      const left = all("tbody tr:not([hidden]) a", sheet);
      if (left.length && !left.some((link) => link.tabIndex === 0)) left[0].tabIndex = 0;
    }
    find.addEventListener("input", () => { state.q = find.value; write(); });
    chips.forEach((chip) => chip.addEventListener("click", () => { state.show = chip.dataset.show; write(); }));
    addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      find.focus();
    });
    others.addEventListener("change", () => { state.others = others.checked ? "1" : ""; write(); });
    addEventListener("hashchange", () => { if (location.hash.includes("=")) { read(); apply(); } });
    read();
    apply();
    sheets.forEach(roam);
  }

  // One stop of the Tab key for a whole matrix; the arrow keys go from cell to cell.
  function roam(sheet) {
    const links = () => all("tbody tr:not([hidden]) a", sheet);
    const cells = all("tbody a", sheet);
    cells.forEach((link, index) => { link.tabIndex = index ? -1 : 0; });
    const heads = all("thead a", sheet);
    heads.forEach((link) => { link.tabIndex = -1; });
    cells.push(...heads);
    sheet.addEventListener("keydown", (event) => {
      const from = document.activeElement;
      if (!cells.includes(from)) return;
      const cell = from.closest("td, th");
      const row = cell.parentElement;
      const column = [...row.children].indexOf(cell);
      let to = null;
      const sideways = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const vertical = event.key === "ArrowDown" || event.key === "ArrowUp";
      if (sideways) {
        const line = all("a", row);
        to = line[line.indexOf(from) + sideways];
      } else if (vertical) {
        // the names of the requirements are above the first row
        const rows = all("tr", sheet).filter((one) => !one.hidden && one.children[column]?.querySelector("a"));
        to = rows[rows.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)]?.children[column].querySelector("a");
      } else if (event.key === "Home" || event.key === "End") {
        to = event.key === "Home" ? links()[0] : links().at(-1);
      } else return;
      event.preventDefault();
      if (!to) return;
      from.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    });
  }

  // --- charts ------------------------------------------------------------------------------------------------
  function charts() {
    const holder = document.getElementById("trends");
    if (!holder || !window.uPlot) return;
    const { times, charts: wanted } = JSON.parse(holder.textContent);
    let nights = times.length > 90 ? 90 : 0;
    let plots = [];
    // steps of an axis that counts
    const WHOLE = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
    const day = (at) => new Date(at * 1000).toISOString().slice(0, 10);
    const width = (box) => Math.max(260, box.clientWidth);
    const DAY = 86_400;
    // nights between two gaps, through which no line goes
    const lone = (values) => values.map((_, at) => at).filter((at) => values[at] != null && values[at - 1] == null && values[at + 1] == null);
    // a line is broken where nights are missing: nothing was measured between them
    function broken(at, series) {
      const steps = at.slice(1).map((time, index) => time - at[index]).sort((a, b) => a - b);
      const usual = Math.max(DAY, steps[steps.length >> 1] ?? 0);
      const [xs, ys] = [[], series.map(() => [])];
      at.forEach((time, index) => {
        if (index && time - at[index - 1] > 1.6 * usual) {
          xs.push((time + at[index - 1]) / 2);
          ys.forEach((values) => values.push(null));
        }
        xs.push(time);
        ys.forEach((values, one) => values.push(series[one][index]));
      });
      return [xs, ...ys];
    }
    function paint() {
      plots.forEach((plot) => plot.destroy());
      plots = wanted.map((chart) => {
        const box = document.querySelector(`[data-chart="${chart.id}"]`);
        const axis = { stroke: css("--soft"), grid: { stroke: css("--line"), width: 1 }, ticks: { stroke: css("--line"), width: 1 } };
        const cut = (values) => (nights ? values.slice(-nights) : values);
        const data = broken(cut(times), chart.series.map((one) => cut(one.values)));
        const small = box.clientWidth < 500;
        const long = data[0].at(-1) - data[0][0] > 300 * DAY;
        const plot = new uPlot({
          width: width(box), height: 220, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "UTC"),
          padding: [null, 34, null, null],
          // one night needs room around it
          scales: { x: { range: (_, low, high) => (data[0].length > 1 ? [low, high] : [data[0][0] - 3 * DAY, data[0][0] + 3 * DAY]) }, y: { range: (_, low, high) => [0, Math.max(1, high * 1.08)] } },
          axes: [
            { ...axis, space: small ? 56 : 95, incrs: [1, 2, 5, 7, 10, 14, 30, 60, 91, 182, 365, 730].map((days) => days * DAY), values: (_, splits) => splits.map((at) => (small ? day(at).slice(...(long ? [0, 7] : [5])) : day(at))) },
            { ...axis, size: 58, ...(chart.whole ? { incrs: WHOLE, values: (_, splits) => splits.map((at) => at.toLocaleString("en")) } : {}) },
          ],
          series: [{ label: "night", value: (_, at) => (at == null ? "–" : day(at)) }, ...chart.series.map((one, index) => ({
            label: one.label, stroke: css(one.color), width: 2, dash: index % 2 && !chart.bars ? [6, 4] : undefined,
            points: { size: 7, fill: css(one.color), show: () => false, filter: (_, at) => lone(data[at]) },
            ...(chart.bars ? { paths: uPlot.paths.bars({ size: [0.7, 24] }), fill: css(one.color), points: { show: false } } : {}),
          }))],
          // the newest night's figures, until a pointer asks for another's
          hooks: { ready: [(self) => self.setLegend({ idx: data[0].length - 1 })] },
        }, data, box);
        return plot;
      });
      all(".canvas canvas").forEach((canvas) => {
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", "Chart; the table of figures says the same");
      });
    }
    const ranges = document.querySelector(".ranges");
    for (const [label, count] of [["30 nights", 30], ["90 nights", 90], ["a year", 365], ["all", 0]]) {
      if (count >= times.length) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.setAttribute("aria-pressed", count === nights);
      button.addEventListener("click", () => {
        nights = count;
        all("button", ranges).forEach((other) => other.setAttribute("aria-pressed", other === button));
        paint();
      });
      ranges.append(button);
    }
    ranges.hidden = ranges.children.length < 2;
    paint();
    dark.addEventListener("change", paint);
    let pending;
    addEventListener("resize", () => { clearTimeout(pending); pending = setTimeout(paint, 150); });
  }

  // --- the address of a finding, to be pasted into a pull request ------------------------------------------------
  function copying() {
    for (const link of all("a[data-copy]")) {
      link.title = "Copy the address";
      link.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(link.href);
          link.textContent = "copied";
          setTimeout(() => { link.textContent = "#"; }, 1500);
        } catch { /* the address bar has it */ }
      });
    }
  }

  // --- an example that has another name now ---------------------------------------------------------------------
  const moved = document.querySelector("a[data-moved]");
  if (moved) location.replace(moved.href + location.hash);

  overview();
  charts();
  copying();
  addEventListener("hashchange", unfold);
  unfold();
})();
