/* Regard's part of a service worker: shows what is pushed, and tells what became of it. */
(() => {
  "use strict";
  const home = self.regardHome || new URL("..", self.location.href).href;
  const tell = (said, mark) => fetch(`${home}receipts/${said.channel}`, {
    method: "POST", mode: "no-cors", keepalive: true, body: JSON.stringify([{ token: said.token, mark }]),
  }).catch(() => {});
  self.addEventListener("install", () => self.skipWaiting());
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
  self.addEventListener("push", (event) => {
    const said = event.data.json();
    const shown = self.registration.showNotification(said.title, { body: said.body, tag: said.id, data: said });
    event.waitUntil(Promise.all([shown, tell(said, "shown")]));
  });
  self.addEventListener("notificationclick", (event) => {
    const said = event.notification.data;
    event.notification.close();
    const opened = /^https?:\/\//.test(said.url) ? self.clients.openWindow(said.url) : null;
    event.waitUntil(Promise.all([opened, tell(said, "clicked")]));
  });
  self.addEventListener("notificationclose", (event) => {
    event.waitUntil(tell(event.notification.data, "dismissed"));
  });
})();
