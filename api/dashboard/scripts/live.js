// What a live stream says, kept for the panels. Listeners hear of changes once a frame.
import { follow } from "./stream.js";

export class Live {
  #listeners = new Set();
  #stateListeners = new Set();
  #due = false;
  #end = () => {};
  state = "connecting";

  // `listener(this)` after each change, and at once when there is something to see.
  subscribe(listener) {
    this.#listeners.add(listener);
    if (this.ready) listener(this);
  }

  onState(listener) {
    this.#stateListeners.add(listener);
  }

  start(path) {
    this.#end = follow(path, {
      onFrame: (frame) => this.receive(frame),
      onState: (state) => {
        this.state = state;
        for (const listener of this.#stateListeners) listener(state);
      },
    });
  }

  stop() {
    this.#end();
    this.#listeners.clear();
    this.#stateListeners.clear();
  }

  changed() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      for (const listener of this.#listeners) listener(this);
    });
  }
}
