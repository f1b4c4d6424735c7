// Many events, each with a callback that counts what became of it: node many.js PROGRAM ADDRESS KEY HOW_MANY
const [program, address, writeKey, howMany] = process.argv.slice(2);
const told = { delivered: 0, failed: 0 };
const count = (error) => (error ? told.failed++ : told.delivered++);
const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

function segment() {
  const { Analytics } = require("@segment/analytics-node");
  const options = { writeKey, host: address, path: "/v1/batch", flushAt: 5, flushInterval: 200, maxRetries: 10 };
  const client = new Analytics(options);
  return [client, () => client.closeAndFlush({ timeout: 120000 })];
}

function rudder() {
  const Analytics = require("@rudderstack/rudder-sdk-node");
  const options = { dataPlaneUrl: address, flushAt: 5, flushInterval: 200, retryCount: 10, errorHandler: () => {} };
  const client = new Analytics(writeKey, { ...options, logLevel: "silly" });
  const all = async () => {
    while (told.delivered + told.failed < Number(howMany)) await client.flush().then(pause);
  };
  return [client, all];
}

(async () => {
  const [client, finish] = program === "segment" ? segment() : rudder();
  for (let number = 0; number < Number(howMany); number++) {
    client.track({ anonymousId: `a${number % 7}`, event: `Step ${number}` }, count);
    await pause();
  }
  await finish();
  await pause();
  console.log(JSON.stringify(told));
})();
