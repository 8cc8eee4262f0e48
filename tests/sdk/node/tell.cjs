// Tells Ada's story with one Node SDK: node tell.cjs <sdk> <Regard's address>
const [, , sdk, host] = process.argv;
const email = "Ada@Example.com";
const booking = { booking_number: "SK1" };

const ofSegment = async (Analytics) => {
  const analytics = new Analytics({ writeKey: "web-key", host });
  analytics.identify({ userId: "ada", traits: { email } });
  analytics.track({ userId: "ada", anonymousId: "laptop-1", event: "Booking Confirmed", properties: booking });
  analytics.page({ anonymousId: "laptop-1", name: "Home" });
  analytics.group({ userId: "ada", groupId: "acme", traits: { plan: "gold" } });
  analytics.alias({ userId: "ada", previousId: "laptop-1" });
  await analytics.closeAndFlush();
};

const tellers = {
  segment: () => ofSegment(require("@segment/analytics-node").Analytics),
  customerio: () => ofSegment(require("@customerio/cdp-analytics-node").Analytics),

  rudderstack: async () => {
    const sdk = require("@rudderstack/rudder-sdk-node");
    const client = new (sdk.default || sdk)("web-key", { dataPlaneUrl: host });
    client.identify({ userId: "ada", traits: { email } });
    client.track({ userId: "ada", anonymousId: "laptop-1", event: "Booking Confirmed", properties: booking });
    client.page({ anonymousId: "laptop-1", name: "Home" });
    client.group({ userId: "ada", groupId: "acme", traits: { plan: "gold" } });
    client.alias({ userId: "ada", previousId: "laptop-1" });
    await new Promise((done, failed) => client.flush((error) => (error ? failed(error) : done())));
  },

  posthog: async () => {
    const client = new (require("posthog-node").PostHog)("web-key", { host });
    client.identify({ distinctId: "ada", properties: { email } });
    client.capture({ distinctId: "ada", event: "Booking Confirmed", properties: booking });
    client.capture({ distinctId: "laptop-1", event: "$pageview", properties: { title: "Home", $is_identified: false } });
    client.alias({ distinctId: "ada", alias: "laptop-1" });
    const flags = await client.getAllFlags("ada");
    if (Object.keys(flags).length) throw new Error(`flags: ${JSON.stringify(flags)}`);
    await client.shutdown();
  },

  jitsu: async () => {
    const analytics = require("@jitsu/js").jitsuAnalytics({ host, writeKey: "id:secret" });
    await analytics.identify("ada", { email });
    await analytics.track("Booking Confirmed", booking);
    await analytics.page({ name: "Home" });
    await analytics.group("acme", { plan: "gold" });
  },

  cloudevents: async () => {
    const { CloudEvent, HTTP } = require("cloudevents");
    const event = (fields) => new CloudEvent({ source: "/shop", userid: "ada", ...fields });
    for (const form of [HTTP.binary, HTTP.structured]) {
      const message = form(event({ type: `Seen ${form.name}`, data: { place: "Zürich" } }));
      const headers = { ...message.headers, authorization: "Bearer till-key" };
      const reply = await fetch(`${host}/v1/cloudevents`, { method: "POST", headers, body: message.body });
      if (reply.status !== 200) throw new Error(await reply.text());
    }
  },
};

tellers[sdk]().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
