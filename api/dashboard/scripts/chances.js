// The newest chance of being hired by application, null for none, and those heard before it.
const KEPT = 300;

export class Chances extends Map {
  #heard = new Map();

  set(applicationId, chance) {
    if (chance) this.#hear(applicationId, chance);
    return super.set(applicationId, chance ?? null);
  }

  // All that has been heard of it since the page was opened, oldest first.
  heard(applicationId) {
    return this.#heard.get(applicationId) ?? [];
  }

  #hear(applicationId, chance) {
    const before = this.heard(applicationId);
    if (before.some((one) => same(one, chance))) return;
    const all = [...before, chance].sort((a, b) => Date.parse(a.computedAt) - Date.parse(b.computedAt));
    this.#heard.set(applicationId, all.slice(-KEPT));
  }
}

function same(one, other) {
  return Date.parse(one.computedAt) === Date.parse(other.computedAt) && one.p === other.p;
}
