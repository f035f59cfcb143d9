// The service worker of a site that will change soon, as under `cargo xtask serve --watch`: it
// deletes what an earlier one kept and removes itself.
"use strict";

self.addEventListener("install", () => self.skipWaiting());

async function remove() {
  const ours = (await caches.keys()).filter((name) => name === `cnn-lab ${self.registration.scope}`);
  await Promise.all(ours.map((name) => caches.delete(name)));
  await self.registration.unregister();
}

self.addEventListener("activate", (event) => event.waitUntil(remove()));
