/** What of the browser is left out. The last such flag counts, so Playwright's own list is here, too. */
const WITHOUT = [
  // The address bar's list is a page of its own since Chromium 156, and takes a core at each start.
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  // As Playwright does.
  "AimEnabled",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  "ThirdPartyStoragePartitioning",
];

/** How the tests and the benchmark start Chromium. */
export const FLAGS = [
  // Chromium as root, as in a container, has no sandbox.
  "--no-sandbox",
  // A WebGPU adapter that is computed in software, the same on every machine.
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  // Nothing of the browser's own in between.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  `--disable-features=${WITHOUT.join(",")}`,
];
