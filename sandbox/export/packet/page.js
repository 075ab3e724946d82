// The page of a packet: takes a reviewer's marks, keeps them in this browser while they are typed, and saves
// them to a file. It asks no network for anything. What the file holds is said in sandbox/review/marks.py.
"use strict";
(() => {
  const packet = document.body.dataset.packet;
  const kept = "therapy-sandbox " + packet;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const pages = all("main > section");
  let unsaved = false;

  // What is typed, as the file has it

  function ratings(section) {
    const found = {};
    for (const item of all("fieldset[data-item]", section)) {
      const chosen = one("input:checked", item);
      if (!chosen) continue;
      found[item.dataset.form] ??= {};
      found[item.dataset.form][item.dataset.item] = chosen.value === "" ? null : Number(chosen.value);
    }
    return found;
  }

  function notes(section) {
    return all(".note-box", section).map((box) => ({
      turn: Number(box.parentElement.dataset.turn),
      speaker: one(".speaker", box).value || null,
      quote: one(".quote", box).value.trim(),
      text: one("textarea", box).value.trim(),
      tags: all(".tag:checked", box).map((tag) => tag.value),
    })).filter((note) => note.text || note.quote || note.tags.length);
  }

  function ticks(section) {
    return all("fieldset[data-statement]", section).flatMap((line) => {
      const chosen = one("input:checked", line);
      if (!chosen) return [];
      const turn = one("select", line).value;
      return [{statement: line.dataset.statement, seen: chosen.value === "yes", turn: turn ? Number(turn) : null}];
    });
  }

  function preferences() {
    return all("fieldset[data-pair]").flatMap((pair) => {
      const chosen = one("input:checked", pair);
      if (!chosen) return [];
      const reason = one("textarea", pair).value.trim();
      return [{pair: pair.dataset.pair, form: pair.dataset.form, choice: chosen.value, reason}];
    });
  }

  function marks() {
    return {
      format: "therapy-sandbox marks",
      format_version: 1,
      packet,
      reviewer: one("#reviewer").value.trim(),
      saved: new Date().toISOString(),
      transcripts: all("section.transcript").map((section) => ({
        code: section.id,
        ratings: ratings(section),
        notes: notes(section),
        ticks: ticks(section),
      })).filter((told) => Object.keys(told.ratings).length || told.notes.length || told.ticks.length),
      preferences: preferences(),
    };
  }

  // The other way round

  function check(fieldset, value) {
    for (const input of all("input[type=radio]", fieldset)) input.checked = input.value === value;
  }

  function addNote(place, note = {}) {
    const box = one("#note").content.firstElementChild.cloneNode(true);
    one(".speaker", box).value = note.speaker ?? "";
    one(".quote", box).value = note.quote ?? "";
    one("textarea", box).value = note.text ?? "";
    for (const tag of all(".tag", box)) tag.checked = (note.tags ?? []).includes(tag.value);
    one(".remove", box).addEventListener("click", () => { box.remove(); changed(); });
    place.append(box);
    return box;
  }

  function restore(told) {
    one("#reviewer").value = told.reviewer ?? "";
    for (const input of all("input[type=radio]")) input.checked = false;
    for (const box of all(".note-box")) box.remove();
    for (const each of told.transcripts ?? []) {
      const section = document.getElementById(each.code);
      if (!section) continue;
      for (const item of all("fieldset[data-item]", section)) {
        const answer = (each.ratings?.[item.dataset.form] ?? {})[item.dataset.item];
        if (answer !== undefined) check(item, answer === null ? "" : String(answer));
      }
      for (const note of each.notes ?? []) {
        const place = all(".notes", section).find((at) => at.dataset.turn === String(note.turn));
        if (place) addNote(place, note);
      }
      for (const line of all("fieldset[data-statement]", section)) {
        const tick = (each.ticks ?? []).find((made) => made.statement === line.dataset.statement);
        if (!tick) continue;
        check(line, tick.seen ? "yes" : "no");
        one("select", line).value = tick.turn ? String(tick.turn) : "";
      }
    }
    for (const pair of all("fieldset[data-pair]")) {
      const told_of = (told.preferences ?? []).find(
        (made) => made.pair === pair.dataset.pair && made.form === pair.dataset.form);
      if (!told_of) continue;
      check(pair, told_of.choice);
      one("textarea", pair).value = told_of.reason ?? "";
    }
  }

  // Saying how far it is

  function say(text) { one("#state").textContent = text; }

  function progress() {
    for (const section of pages) {
      const asked = all("fieldset", section);
      const done = asked.filter((one_asked) => one("input:checked", one_asked)).length;
      const notes_there = all(".note-box", section).length;
      const told = `${done} of ${asked.length}` + (notes_there ? `, ${notes_there} ${notes_there === 1 ? "note" : "notes"}` : "");
      one(`nav a[href="#${section.id}"] .done`).textContent = told;
    }
  }

  function changed() {
    unsaved = true;
    progress();
    try {
      localStorage.setItem(kept, JSON.stringify(marks()));
      say("Kept in this browser. Save them to a file when you are done.");
    } catch {
      say("This browser keeps nothing of a file: save your marks before you close it.");
    }
  }

  function show(id) {
    const current = document.getElementById(id) ?? pages[0];
    for (const section of pages) section.hidden = section !== current;
    for (const link of all("nav a")) {
      if (link.hash === "#" + current.id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    window.scrollTo(0, 0);
  }

  // What the reader does

  const save = () => {
    const name = one("#reviewer");
    if (!name.value.trim()) {
      say("Write your name first: your marks are kept under it.");
      name.focus();
      return;
    }
    const file = new Blob([JSON.stringify(marks(), null, 2) + "\n"], {type: "application/json"});
    const link = document.createElement("a");
    const letters = name.value.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu);  // of any script
    const who = [...(letters ?? ["reviewer"]).join("-")].slice(0, 40).join("");
    link.download = `marks-${packet}-${who}.json`;
    link.href = URL.createObjectURL(file);
    document.body.append(link);
    link.click();
    link.remove();
    unsaved = false;
    say(`Saved as ${link.download}. Send that file back.`);
  };
  for (const button of all("button.save")) button.addEventListener("click", save);

  one("#open").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    try {
      const told = JSON.parse(await file.text());
      if (told.format !== "therapy-sandbox marks" || told.packet !== packet) throw new Error();
      restore(told);
      changed();
      say("Your marks are back.");
    } catch {
      say("This file has no marks of this packet.");
    }
    event.target.value = "";
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.add-note");
    if (!button) return;
    const selected = window.getSelection();
    const turn = button.closest("article");
    const box = addNote(one(".notes", turn));
    const lines = selected.anchorNode?.parentElement?.closest("ol.lines");
    if (!selected.isCollapsed && lines && turn.contains(lines) && turn.contains(selected.focusNode)) {
      one(".quote", box).value = selected.toString().replace(/\s+/g, " ").trim();
      one(".speaker", box).value = lines.dataset.side;
    }
    one("textarea", box).focus();
    changed();
  });

  document.addEventListener("input", (event) => { if (event.target.id !== "open") changed(); });
  window.addEventListener("hashchange", () => show(location.hash.slice(1)));
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

  try {
    const before = JSON.parse(localStorage.getItem(kept) ?? "null");
    if (before) { restore(before); say("Your marks are as you left them."); }
  } catch { /* nothing was kept */ }
  document.body.classList.add("live");
  show(location.hash.slice(1));
  progress();
})();
