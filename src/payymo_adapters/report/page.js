"use strict";
// The page draws itself from the JSON block: texts become text nodes, never markup.
(() => {
  const BATCH = 40;           // list rows drawn at a time
  const MOST_PRINTED = 2000;  // rows drawn for paper
  const run = JSON.parse(document.getElementById("run").textContent);
  const { about, transactions } = run;
  const GROUPS = Object.keys(about.groups);
  const byId = (id) => document.getElementById(id);

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "on") {
        for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
      } else if (value !== undefined && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  }
  const span = (name, text) => make("span", { class: name }, String(text));

  // ---- money, exactly: minor units as BigInt, with the currency's decimals
  const minor = (amount) => BigInt(amount.replace(".", ""));
  const decimals = (amount) => (amount.split(".")[1] || "").length;
  function grouped(amount) {
    const [, sign, whole, rest] = /^(-?)(\d+)(.*)$/.exec(amount);
    return sign.replace("-", "\u2212") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
  }
  function written(sum, places) {
    const digits = String(sum < 0n ? -sum : sum).padStart(places + 1, "0");
    const whole = digits.slice(0, digits.length - places);
    const sign = sum < 0n ? "-" : "";
    return grouped(sign + whole + (places ? "." + digits.slice(-places) : ""));
  }
  const money = (amount, currency) => `${grouped(amount)} ${currency}`;
  const count = (number) => number.toLocaleString("en-GB");
  const counted = (number, thing) => `${count(number)} ${thing}${number === 1 ? "" : "s"}`;
  function percent(share) {
    if (share > 0.9994) return "> 99.9 %";
    if (share < 0.0006) return "< 0.1 %";
    return `${(share * 100).toFixed(1)} %`;
  }
  function bits(weight) {
    const size = Math.abs(weight).toFixed(2);
    if (size === "0.00") return size;
    return (weight < 0 ? "\u2212" : "+") + size;
  }

  // ---- figures
  const places = new Map(transactions.map((row) => [row.currency, decimals(row.amount)]));
  const currencies = [...places.keys()].sort();

  function totals(rows) {
    const found = new Map();
    for (const row of rows) {
      found.set(row.currency, (found.get(row.currency) || 0n) + minor(row.amount));
    }
    return currencies.filter((currency) => found.has(currency))
      .map((currency) => `${written(found.get(currency), places.get(currency))} ${currency}`);
  }

  function stacked(label, parts) {
    const whole = parts.reduce((sum, part) => sum + part.size, 0) || 1;
    const said = parts.map((part) => `${about.groups[part.group]} ${part.said}`).join(", ");
    const track = make("div", { class: "stack", role: "img", "aria-label": `${label}: ${said}` });
    for (const part of parts) {
      const piece = make("span", { class: `piece ${part.group}`, title: `${about.groups[part.group]}: ${part.said}` });
      piece.style.flexGrow = String(part.size / whole);
      if (part.size) track.append(piece);
    }
    return make("div", { class: "bar" }, span("label", label), track);
  }

  function drawFigures() {
    const tiles = make("div", { class: "tiles" });
    const rowsOf = new Map(GROUPS.map((group) => [group, transactions.filter((row) => row.group === group)]));
    const incoming = transactions.filter((row) => row.group !== "outgoing").length || 1;
    for (const group of GROUPS) {
      const rows = rowsOf.get(group);
      if (!rows.length && group !== "match" && group !== "review") continue;
      const share = group === "outgoing" ? "not matched, by its direction"
        : `${(rows.length / incoming * 100).toFixed(1)} % of the incoming transactions`;
      tiles.append(make("button", {
        class: `tile ${group}`, type: "button", "data-tile": group,
        on: { click: () => { state.outcome = group; changed(); byId("results").scrollIntoView(); } },
      }, span("name", about.groups[group]), span("number", count(rows.length)), span("share", share),
      ...totals(rows).map((line) => span("money", line))));
    }
    const bars = make("div", { class: "bars" });
    const kinds = GROUPS.filter((group) => group !== "outgoing");
    bars.append(stacked("transactions", kinds.map((group) => (
      { group, size: rowsOf.get(group).length, said: count(rowsOf.get(group).length) }))));
    for (const currency of currencies) {
      const parts = kinds.map((group) => {
        const rows = rowsOf.get(group).filter((row) => row.currency === currency);
        const sum = rows.reduce((total, row) => total + minor(row.amount), 0n);
        return { group, size: Number(sum), said: `${written(sum, places.get(currency))} ${currency}` };
      });
      if (parts.some((part) => part.size > 0)) bars.append(stacked(currency, parts));
    }
    byId("figures").append(tiles, bars);
  }

  function period() {
    const days = transactions.map((row) => row.day).filter((day) => day).sort();
    if (!days.length) return "";
    const [first, last] = [days[0], days[days.length - 1]];
    return first === last ? ` of ${first}` : ` from ${first} to ${last}`;
  }

  function drawSources() {
    for (const source of about.sources) {
      const notes = source.notes.map((note) => make("li", {}, note));
      const columns = source.columns.map(([use, header]) => make("tr", {},
        make("th", { scope: "row" }, use), make("td", { class: "theirs" }, header)));
      byId("sources").append(make("li", {},
        make("details", {},
          make("summary", {}, span("file", source.name.split(/[\\/]/).pop()),
            notes.length ? span("flag", counted(notes.length, "note")) : ""),
          make("p", {}, source.format), notes.length ? make("ul", {}, ...notes) : "",
          columns.length ? make("table", {}, ...columns) : "")));
    }
    byId("sources").append(make("li", { class: "size" },
      `${counted(transactions.length, "transaction")}${period()} against ${counted(about.invoices, "invoice")}`));
    for (const note of about.notes) byId("sources").append(make("li", { class: "size" }, note));
    if (about.rejected.length) {
      byId("rejected").hidden = false;
      byId("rejected").append(make("details", { class: "rejected" },
        make("summary", {}, `${counted(about.rejected.length, "record")} rejected, and not matched`),
        make("ul", {}, ...about.rejected.map((line) => make("li", {}, line)))));
    }
  }

  function drawFindings() {
    const section = byId("findings");
    section.hidden = !about.findings.length;
    for (const finding of about.findings) {
      const left = finding.count - finding.cases.length;
      section.append(make("details", { class: `finding ${finding.severity}` },
        make("summary", {}, span("severity", finding.severity), span("says", finding.says),
          span("count", count(finding.count))),
        make("p", { class: "advice" }, finding.advice),
        make("ul", {}, ...finding.cases.map((one) => make("li", {},
          span("theirs", one.says), one.ids ? " " : "", span("dim theirs", one.ids)))),
        left ? make("p", { class: "dim" }, `and ${count(left)} more; payymo check --json shows all of them`) : ""));
    }
  }

  // ---- the filter, which lives in the address: #outcome=review&q=text can be shared
  const NONE = { outcome: "", q: "", reason: "", currency: "" };
  const state = { ...NONE };
  for (const row of transactions) {
    const named = row.proposals.flatMap((one) => one.invoices.flatMap((i) => [i.name, i.id, i.customer]));
    row.found = [row.id, row.day, row.payer, row.text, row.why, row.amount, grouped(row.amount),
      row.currency, ...named].join("\n").toLowerCase();
  }

  function passes(row, filter) {
    return (!filter.outcome || row.group === filter.outcome)
      && (!filter.reason || row.reasons.includes(filter.reason))
      && (!filter.currency || row.currency === filter.currency)
      && filter.q.toLowerCase().split(/\s+/).every((word) => row.found.includes(word));
  }

  function fromAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const key of Object.keys(NONE)) state[key] = given.get(key) || "";
    if (!GROUPS.includes(state.outcome)) state.outcome = "";
  }

  function toAddress() {
    const given = new URLSearchParams();
    for (const [key, value] of Object.entries(state)) if (value) given.set(key, value);
    const wanted = given.toString();
    if (location.hash.slice(1) !== wanted) history.replaceState(null, "", `#${wanted}`);
  }

  function choices(select, everything, values) {
    select.replaceChildren(make("option", { value: "" }, everything),
      ...values.map(([value, words]) => make("option", { value }, words)));
  }

  function drawFilter() {
    for (const group of ["", ...GROUPS]) {
      byId("groups").append(make("button", {
        type: "button", class: `chip ${group}`, "data-group": group,
        on: { click: () => { state.outcome = group; changed(); } },
      }, span("name", group ? about.groups[group] : "all"), span("count", "")));
    }
    const used = new Set(transactions.flatMap((row) => row.reasons));
    choices(byId("reason"), "any reason",
      Object.entries(about.reasons).filter(([code]) => used.has(code)));
    choices(byId("currency"), "any currency", currencies.map((code) => [code, code]));
    for (const key of ["reason", "currency"]) {
      byId(key).addEventListener("change", () => { state[key] = byId(key).value; changed(); });
    }
    let waiting = 0;
    byId("q").addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { state.q = byId("q").value; changed(); }, 120);
    });
    byId("filter").addEventListener("submit", (event) => event.preventDefault());
    byId("filter").addEventListener("reset", (event) => {
      event.preventDefault();
      Object.assign(state, NONE);
      changed();
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "/" && !typing) { event.preventDefault(); byId("q").focus(); }
    });
  }

  function showFilter() {
    const others = transactions.filter((row) => passes(row, { ...state, outcome: "" }));
    const tally = new Map(GROUPS.map((group) => [group, 0]));
    for (const row of others) tally.set(row.group, tally.get(row.group) + 1);
    for (const chip of byId("groups").children) {
      const group = chip.dataset.group;
      chip.querySelector(".count").textContent = count(group ? tally.get(group) : others.length);
      chip.setAttribute("aria-pressed", String(state.outcome === group));
    }
    for (const key of ["q", "reason", "currency"]) {
      if (byId(key).value !== state[key]) byId(key).value = state[key];
    }
  }

  // ---- one transaction
  function evidence(rows, confidence) {
    const largest = Math.max(...rows.map((row) => Math.abs(row.bits)), 1);
    const table = make("table", { class: "evidence" },
      make("caption", {}, "Evidence in bits: to the right it speaks for the proposal, to the left against it"));
    const sum = rows.reduce((total, row) => total + row.bits, 0);
    for (const row of rows) {
      const drawn = make("span", { class: row.bits < 0 ? "against" : "for" });
      drawn.style.width = `${Math.abs(row.bits) / largest * 50}%`;
      table.append(make("tr", {},
        make("th", { scope: "row" }, row.rule),
        make("td", { class: "says" }, row.says),
        make("td", { class: "drawn", "aria-hidden": "true" }, drawn),
        make("td", { class: "bits" }, bits(row.bits))));
    }
    table.append(make("tr", { class: "sum" },
      make("th", { scope: "row" }, "sum"), make("td", { class: "says" }, `confidence ${percent(confidence)}`),
      make("td", { class: "drawn", "aria-hidden": "true" }), make("td", { class: "bits" }, bits(sum))));
    return make("div", { class: "evidence-box" }, table);
  }

  function invoiceLine(invoice, currency) {
    const whole = invoice.amount === invoice.outstanding;
    const owed = whole ? `${money(invoice.amount, currency)}`
      : `${money(invoice.amount, currency)} of ${money(invoice.outstanding, currency)} outstanding`;
    return make("li", { class: "invoice" },
      span("name", invoice.name), invoice.id ? span("dim", `id ${invoice.id}`) : "",
      span("customer theirs", invoice.customer), span("dim", invoice.due ? `due ${invoice.due}` : ""),
      span("money", owed));
  }

  function proposal(one, row, place, open) {
    const level = make("span", { class: "level" }, make("span", { class: "fill" }));
    level.firstChild.style.width = `${one.confidence * 100}%`;
    const rank = row.proposals.length > 1
      ? span("rank", place ? `alternative ${place}` : "first proposal") : span("rank", "proposal");
    const why = one.evidence.length
      ? make("details", { open }, make("summary", {}, "Evidence"), evidence(one.evidence, one.confidence)) : "";
    return make("li", { class: "proposal" },
      make("div", { class: "standing" }, rank, level, span("confidence", percent(one.confidence))),
      make("ul", { class: "invoices" }, ...one.invoices.map((i) => invoiceLine(i, row.currency))), why);
  }

  function head(row) {
    const fee = row.fee ? `net of ${money(row.fee, row.currency)} fee` : "";
    return make("div", { class: "head" },
      make("div", { class: "who" }, span("payer theirs", row.payer || "payer unknown"), span("text theirs", row.text)),
      make("div", { class: "what" }, span("money", money(row.amount, row.currency)),
        fee ? span("dim", fee) : "", span("dim", row.day), span("dim id theirs", row.id)));
  }

  function card(row) {
    const reasons = row.reasons.map((code) => make("li", {}, about.reasons[code]));
    const left = /[1-9]/.test(row.unapplied) ? make("p", { class: "dim" },
      `${money(row.unapplied, row.currency)} would stay unapplied`) : "";
    return make("article", { class: "card" }, head(row),
      make("ul", { class: "reasons" }, row.kind ? make("li", { class: "kind" }, row.kind) : "", ...reasons),
      make("p", { class: "settle theirs" }, row.settle),
      make("ol", { class: "proposals" }, ...row.proposals.map((one, place) => proposal(one, row, place, place === 0))), left);
  }

  function line(row) {
    const names = row.proposals.length ? row.proposals[0].invoices.map((i) => i.name).join(" + ") : "";
    const summary = make("summary", {}, head(row),
      make("div", { class: "verdict" }, names ? span("names", names) : "", span("why", row.why)),
      span("confidence", row.proposals.length ? percent(row.confidence) : ""));
    const item = make("details", { class: `line ${row.group}` }, summary);
    item.addEventListener("toggle", () => {
      if (item.childElementCount > 1) return;
      item.append(row.proposals.length
        ? make("ol", { class: "proposals" }, ...row.proposals.map((one, place) => proposal(one, row, place, place === 0)))
        : evidence(row.evidence, row.confidence));
    });
    return item;
  }

  // ---- the lists: a batch at a time, the next when the end comes into sight
  let sections = [];
  const watcher = new IntersectionObserver((seen) => {
    for (const entry of seen) if (entry.isIntersecting) entry.target.click();
  }, { rootMargin: "600px" });

  function section(group, rows) {
    const list = make("div", { class: group === "review" ? "cards" : "lines" });
    const more = make("button", { type: "button", class: "more", on: { click: () => draw(BATCH) } });
    let drawn = 0;
    function draw(number) {
      const next = rows.slice(drawn, drawn + number);
      list.append(...next.map(group === "review" ? card : line));
      drawn += next.length;
      more.hidden = drawn >= rows.length;
      more.textContent = `Show more: ${count(rows.length - drawn)} left`;
      // Watched anew, so that an end still in sight is seen again.
      watcher.unobserve(more);
      if (!more.hidden) watcher.observe(more);
    }
    draw(BATCH);
    const element = make("section", { class: `group ${group}`, "data-section": group },
      make("h2", {}, `${about.groups[group]} `, span("count", count(rows.length))), list, more);
    return { element, draw };
  }

  function changed() {
    toAddress();
    showFilter();
    watcher.disconnect();
    const rows = transactions.filter((row) => passes(row, state));
    const order = ["review", "none", "match", "pending", "outgoing"];
    sections = order.map((group) => [group, rows.filter((row) => row.group === group)])
      .filter(([, found]) => found.length).map(([group, found]) => section(group, found));
    byId("results").replaceChildren(...(sections.length ? sections.map((one) => one.element)
      : [make("p", { class: "empty" }, transactions.length
        ? "No transaction passes this filter." : "There are no transactions in this run.")]));
    const into = totals(rows.filter((row) => !row.amount.startsWith("-"))).join(", ");
    const out = totals(rows.filter((row) => row.amount.startsWith("-"))).join(", ");
    byId("shown").textContent = `${count(rows.length)} of ${counted(transactions.length, "transaction")}`
      + (into ? ` \u00b7 in: ${into}` : "") + (out ? ` \u00b7 out: ${out}` : "");
  }

  window.addEventListener("hashchange", () => { fromAddress(); changed(); });
  window.addEventListener("beforeprint", () => sections.forEach((one) => one.draw(MOST_PRINTED)));
  drawSources();
  drawFigures();
  drawFindings();
  drawFilter();
  fromAddress();
  changed();
})();
