// One file's row: how far it is, what it's called, and what can be done about it.

import { fill, sizeOf } from "../wording.js";
import { Refused, Stopped, TusUpload } from "./tus.js";
import { findBegun, forgetBegun, keepBegun, printOf } from "./upload_memory.js";

let made = 0;

export class UploadRow {
  // `page` has the `words`, the `organization`, the `template` of a row, and what to call when its state
  // `changed` or it's refused: `mayWait`. State: waits, runs, done, refused, cancelled.
  constructor(found, facts, page) {
    Object.assign(this, { found, facts, page, state: "waits", title: null, id: null, isTyped: false });
    this.print = printOf(found, page.organization, facts);
    this.element = page.template.content.firstElementChild.cloneNode(true);
    const find = (name) => this.element.querySelector(name);
    this.name = find(".name");
    this.bar = find("progress");
    this.told = find(".told");
    this.input = find("input");
    [this.cancelButton, this.retryButton] = this.element.querySelectorAll("button");
    this.share = find("[data-share]");
    this.#name();
    this.input.addEventListener("input", () => this.#type());
    this.input.addEventListener("change", () => this.#remember());
    this.cancelButton.addEventListener("click", () => this.#cancel());
    this.retryButton.addEventListener("click", () => this.#retry());
    const begun = page.isTaken(this.print) ? null : findBegun(this.print);
    this.url = begun?.url ?? "";
    if (begun?.title) Object.assign(this, { isTyped: true }).input.value = begun.title;
    this.#show("waits", page.words.waits);
  }

  // Whether something would be lost with the page.
  get isOpen() {
    return this.state === "waits" || this.state === "runs" || (this.state === "done" && this.#isUnsaved());
  }

  // Sends it, until it's done or can't be.
  async send() {
    this.#show("runs", "");
    this.sent(0);
    this.upload ??= this.#newUpload();
    try {
      const answer = await this.upload.run();
      forgetBegun(this.print);
      await this.#finish(answer.header("Listenlink-Track"));
    } catch (problem) {
      if (!(problem instanceof Stopped)) this.#refuse(problem);
    }
  }

  begun(url) {
    this.url = url;
    keepBegun(this.print, url, this.#typed());
  }

  sent(bytes) {
    const { size } = this.found.file;
    this.bar.value = size ? bytes / size : 0;
    const { words } = this.page;
    if (bytes === size) this.told.textContent = words.checks;
    else this.told.textContent = fill(words.sends, { percent: percent(bytes / size), size: sizeOf(size) });
  }

  waits(why) {
    this.told.textContent = this.page.words[why];
  }

  #newUpload() {
    const { file } = this.found;
    const title = this.#typed();
    const metadata = { ...this.facts, filename: file.name, ...(title && { title }) };
    return new TusUpload(file, this.page.endpoint, metadata, this, { url: this.url });
  }

  #typed() {
    return this.isTyped ? this.input.value.trim() : "";
  }

  #isUnsaved() {
    return this.#typed() !== "" && this.#typed() !== this.title;
  }

  #name() {
    const name = this.found.path;
    this.name.textContent = name;
    this.name.id = `upload-name-${++made}`;
    for (const named of [this.bar, this.input, this.cancelButton, this.retryButton, this.share]) {
      named.setAttribute("aria-describedby", this.name.id);
    }
    this.input.value = this.found.file.name.replace(/(?!^)\.\w{2,4}$/, "");
  }

  async #finish(id) {
    this.id = id;
    const track = await this.#ask("GET").catch(() => null);
    this.title = track?.title ?? this.input.value;
    this.share.href = `/desk/tracks/${id}/share`;
    this.#show("done", this.page.words.done);
    this.#showTitle();
    // Whoever is still typing is waited for.
    if (document.activeElement !== this.input) await this.#saveTitle();
  }

  #type() {
    this.isTyped = true;
    this.page.changed();
  }

  #remember() {
    if (this.state === "done") this.#saveTitle();
    else if (this.url) keepBegun(this.print, this.url, this.#typed());
  }

  async #saveTitle() {
    if (this.#isUnsaved()) {
      const wanted = this.#typed();
      try {
        const { title } = await this.#ask("PATCH", { title: wanted });
        this.title = title;
        if (this.#typed() !== wanted) return;
        this.#show("done", this.page.words.done);
      } catch (problem) {
        this.#tellUnsaved(problem);
        return;
      }
    }
    this.isTyped = false;
    this.#showTitle();
    this.page.changed();
  }

  // What was typed stays where it is, and is saved once that can be.
  #tellUnsaved(problem) {
    this.#show("done", `${this.page.words.unsaved} ${this.#reason(problem)}`);
    this.element.classList.add("wrong");
    this.retryButton.hidden = false;
    if (!problem.status) addEventListener("online", () => this.#saveTitle(), { once: true });
  }

  #showTitle() {
    if (!this.isTyped) this.input.value = this.title;
    this.share.dataset.title = this.title;
    const link = document.createElement("a");
    link.href = `/desk/tracks/${this.id}`;
    link.textContent = this.title;
    this.name.replaceChildren(link);
  }

  async #ask(method, body) {
    const path = `/v1/music/${this.page.organization}/tracks/${this.id}`;
    const headers = { Accept: "application/json", ...(body && { "Content-Type": "application/json" }) };
    const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    const told = await answer.json().catch(() => null);
    if (!answer.ok) throw new Refused(answer.status, told?.error);
    return told;
  }

  #refuse(problem) {
    if (problem.code === "TOO_MANY_UPLOADS" && this.page.mayWait(this)) {
      this.#show("waits", this.page.words.waits);
      return;
    }
    this.#show("refused", this.#reason(problem));
    this.page.refused(this);
  }

  #reason({ code, message, details, status }) {
    const { words } = this.page;
    // A proxy in front has a bound of its own, and no words.
    const said = status === 413 ? "PAYLOAD_TOO_LARGE" : code;
    const known = words[details?.reason] ?? words[message] ?? words[said];
    return known ?? (status ? words.other : words.offline);
  }

  #cancel() {
    (this.upload ?? this.#newUpload()).end();
    Object.assign(this, { upload: null, url: "" });
    forgetBegun(this.print);
    this.#show("cancelled", this.page.words.cancelled);
    this.retryButton.focus();
    this.page.changed();
  }

  #retry() {
    if (this.state === "done") {
      this.#saveTitle();
      this.input.focus();
      return;
    }
    this.#show("waits", this.page.words.waits);
    this.cancelButton.focus();
    this.page.changed();
  }

  #show(state, words) {
    this.state = state;
    this.told.textContent = words;
    const isOver = state === "refused" || state === "cancelled";
    this.element.classList.toggle("wrong", state === "refused");
    this.bar.hidden = isOver || state === "done";
    this.cancelButton.hidden = isOver || state === "done";
    this.retryButton.hidden = !isOver;
    this.share.hidden = state !== "done";
  }
}

const { lang } = document.documentElement;
const percents = new Intl.NumberFormat(lang, { style: "percent" });

function percent(part) {
  return percents.format(part);
}
