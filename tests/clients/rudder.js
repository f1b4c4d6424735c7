// One visitor's story, told by RudderStack's program for Node: node rudder.js ADDRESS KEY
const Analytics = require("@rudderstack/rudder-sdk-node");

const [address, writeKey] = process.argv.slice(2);
const client = new Analytics(writeKey, { dataPlaneUrl: address, flushAt: 3 });

client.page({ anonymousId: "a1", name: "Home", properties: { url: "https://shop.example.com/" } });
client.track({ anonymousId: "a1", event: "Viewed", properties: { product: "Lamp" } });
client.track({ anonymousId: "a2", event: "Seen elsewhere" });
client.identify({ anonymousId: "a1", userId: "u1", traits: { email: "ann@example.com", firstName: "Ann" } });
client.track({ userId: "u1", event: "Paid", properties: { total: 12.5 } });
client.screen({ userId: "u1", name: "Orders" });
client.group({ userId: "u1", groupId: "acme", traits: { name: "Acme" } });
client.alias({ userId: "u1", previousId: "a2" });
client.flush().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
