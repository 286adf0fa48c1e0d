// Prints one JSON line for each event that an EventSource dispatches, and for each (re)opening.
// Arguments: the address, then the names of the events to listen for.
import { EventSource } from "eventsource";

const [address, ...names] = process.argv.slice(2);
const bearer = process.env.BEARER;
const print = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const source = new EventSource(address, {
  fetch: (url, init) => {
    print({ request: init.headers["Last-Event-ID"] ?? null });
    const headers = bearer ? { ...init.headers, Authorization: bearer } : init.headers;
    return fetch(url, { ...init, headers });
  },
});
for (const name of names) {
  source.addEventListener(name, ({ type, data, lastEventId }) =>
    print({ event: type, data: JSON.parse(data), id: lastEventId }),
  );
}
source.onerror = ({ code }) => print({ error: code ?? null, closed: source.readyState === 2 });
