import { SEVEN } from "../pages/lab.ts";
import { asked, outside, refusals } from "../pages/origin.ts";
import { png } from "../pages/png.ts";
import { expect, test } from "../pages/test.ts";

test("Nothing leaves the origin in a full session, and the policy has nothing to refuse", async ({
  context,
  lab,
  page,
}) => {
  test.slow();
  const addresses = asked(context);
  const refused = await refusals(page);
  await lab.open();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));

  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  await lab.gallery(3);
  await lab.source("fashion").click();
  await lab.samples.first().click();

  await lab.saveMaps();
  await lab.chooseTheme("dark");

  await lab.showList();
  await lab.lookAt("C3");
  for (const section of ["facts", "histogram", "weights", "partials", "reach", "times", "parity"] as const) {
    await lab.unfold(section);
  }
  await lab.totalParams.getByRole("button").click();
  await expect(page.getByTestId("explained")).toContainText("61,706");
  await page.keyboard.press("Escape");
  await lab.setField("channels", "8");
  await lab.undoEdit.click();
  await page.getByTestId("view-switch").click();
  await expect(page.getByTestId("graph-view")).toBeVisible();
  await lab.showList();

  await lab.openPreset("squeezenet-1.1");
  await expect(lab.weights).toHaveText("trained weights");
  await lab.source("photo").click();
  await lab.photo("coffee").click();
  await expect(lab.photoCaption).toContainText("Coffee");
  await lab.photoFile.setInputFiles({
    name: "own.png",
    mimeType: "image/png",
    buffer: png(64, 64, [230, 120, 40]),
  });
  await expect(lab.photoCaption).toContainText("own.png");

  expect(outside(addresses, page)).toEqual([]);
  expect(addresses.length).toBeGreaterThan(20);
  expect(await refused()).toEqual([]);
});

test("The policy stands before anything that it governs, and no code or style is in the page", async ({
  request,
}) => {
  const answer = await request.get("./");
  const html = await answer.text();
  const policy = html.indexOf('http-equiv="Content-Security-Policy"');
  expect(policy).toBeGreaterThan(0);
  for (const governed of ["<script", "<link", "<style", "<img"]) {
    const at = html.indexOf(governed);
    expect(at === -1 || at > policy, governed).toBe(true);
  }
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:/);
  const scripts = [...html.matchAll(/<script[^>]*>([^]*?)<\/script>/g)];
  expect(scripts.length).toBeGreaterThan(0);
  expect(scripts.map(([, code]) => code.trim()).join("")).toBe("");

  // Every script and style carries its hash.
  const loaded = [...html.matchAll(/<(?:script|link)[^>]*>/g)]
    .map(([element]) => element)
    .filter((it) => /<script[^>]*\ssrc=|rel="?(?:stylesheet|modulepreload)/.test(it));
  expect(loaded.length).toBeGreaterThan(1);
  for (const element of loaded) {
    expect(element).toMatch(/integrity="?sha384-[A-Za-z0-9+/]{64}["\s>]/);
  }

  // The host sends no header that the site relies on.
  const relied = ["content-security-policy", "cross-origin-opener-policy", "permissions-policy"];
  expect(relied.filter((name) => name in answer.headers())).toEqual([]);
});

test("A script that was changed on its way does not run", async ({ context, page, problems }) => {
  problems.allow(/integrity/);
  await context.route(/\.js$/, async (route) => {
    const response = await route.fetch();
    const body = `${await response.text()}\ndocument.title = "changed";`;
    await route.fulfill({ response, body });
  });
  await page.goto("./");
  await expect(page.getByRole("status").first()).toContainText("Loading the lab");
  await expect(page).toHaveTitle("CNN lab");
});

test("Code and addresses from elsewhere are refused, on the page and in the engine", async ({
  lab,
  page,
  problems,
}) => {
  problems.allow(/Content Security Policy|content-security-policy/i);
  problems.allow(/^request failed: https:\/\/example\.org\/.*: csp$/);
  const refused = await refusals(page);
  await lab.open();
  await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
    const elsewhere = document.createElement("script");
    elsewhere.src = "https://example.org/code.js";
    document.body.append(elsewhere);
    const picture = new Image();
    picture.src = "https://example.org/pixel.png";
    await fetch("https://example.org/").catch(() => undefined);
    try {
      new WebSocket("wss://example.org/");
    } catch {
      // Chromium throws here.
    }
    document.body.setAttribute("onclick", "window.ran = true");
    document.body.click();
  });
  await expect.poll(refused).toEqual(
    expect.arrayContaining([
      expect.stringContaining("script-src-elem: inline"),
      expect.stringContaining("script-src-elem: https://example.org/code.js"),
      expect.stringContaining("img-src: https://example.org/pixel.png"),
      expect.stringContaining("connect-src: https://example.org/"),
      expect.stringContaining("script-src-attr: inline"),
    ]),
  );
  expect(await page.evaluate(() => "ran" in window)).toBe(false);
  // Under the service worker the engine has a policy of its own.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await page.reload();
  await lab.waitReady();
  expect(await lab.prediction()).toBe(7);
  const [engine] = page.workers();
  const said = await engine.evaluate(async () => {
    const refused: string[] = [];
    self.addEventListener("securitypolicyviolation", (event) => {
      refused.push((event as SecurityPolicyViolationEvent).effectiveDirective);
    });
    await fetch("https://example.org/").catch(() => undefined);
    // Later, because a debugger's own call is free of the policy.
    const code = await new Promise((tell) => {
      setTimeout(() => {
        try {
          tell(new Function("return 'ran'")());
        } catch (error) {
          tell((error as Error).name);
        }
      });
    });
    return { refused, code };
  });
  expect(said.refused).toContain("connect-src");
  expect(said.code).toBe("EvalError");
});
