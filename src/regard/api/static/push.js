/* Asks a visitor for notifications: await regardPush.ask() on a click of theirs.
   data-user-id and data-user-hash prove who it is; without, only who is not known is reached.
   <script src="https://engage.example/v1/push.js" data-key="WRITE_KEY" data-worker="/regard-push.js" defer></script>
   The worker is a file of your own site with two lines:
     self.regardHome = "https://engage.example/v1/";
     importScripts(self.regardHome + "push/worker.js"); */
(() => {
  "use strict";
  const me = document.currentScript, said = me.dataset, home = new URL(".", me.src).href;
  const query = new URLSearchParams({ key: said.key, ...(said.channel ? { channel: said.channel } : {}) });
  const kept = (name) => { try { return localStorage.getItem(name) || ""; } catch { return ""; } };
  const anonymousId = () => {
    const theirs = kept("ajs_anonymous_id");
    if (!theirs) return said.anonymousId || kept("regard_anonymous_id");
    try { return String(JSON.parse(theirs)); } catch { return theirs; }
  };
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const say = async (subscription, subscribed) => {
    const who = said.userHash ? { userId: said.userId, userHash: said.userHash } : { anonymousId: anonymousId() };
    const reply = await fetch(`${home}push/${subscribed ? "" : "un"}subscribe?${query}`, {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      body: JSON.stringify({ subscription, subscribed, ...who }),
    });
    if (!reply.ok) throw new Error((await reply.json()).message);
    return true;
  };
  const worker = () => navigator.serviceWorker.register(said.worker || "/regard-push.js");
  const ask = async () => {
    if (await Notification.requestPermission() !== "granted") return false;
    const { key } = await (await fetch(`${home}push/key?${query}`)).json();
    await worker();
    const ready = await navigator.serviceWorker.ready;
    const found = await ready.pushManager.getSubscription();
    return say(found || await ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }), true);
  };
  const leave = async () => {
    const found = await (await worker()).pushManager.getSubscription();
    if (!found) return false;
    await say(found, false);
    return found.unsubscribe();
  };
  const again = () => { if ("Notification" in window && Notification.permission === "granted") ask().catch(() => {}); };
  const identify = (userId, userHash) => { Object.assign(said, { userId, userHash }); again(); };
  window.regardPush = { ask, leave, identify };
  /* Said yes before: say it again, since browsers change subscriptions by themselves. */
  again();
})();
