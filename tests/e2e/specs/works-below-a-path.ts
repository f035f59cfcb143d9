import { SEVEN } from "../pages/lab.ts";
import { expect, test } from "../pages/test.ts";

/** The same site, served below a path, as on a course's web space. */
const below = process.env.SUB_PATH_URL;

test("The site works below a path: engine, weights and gallery are found", async ({
  lab,
  page,
}) => {
  if (!below) {
    throw new Error("SUB_PATH_URL is not set; `cargo xtask test --browser` sets it");
  }
  expect(new URL(below).pathname).toMatch(/^\/.+\/$/);
  const outside: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(below)) {
      outside.push(request.url());
    }
  });
  await lab.open(below);
  expect(await lab.prediction()).toBe(7);
  await expect(lab.weights).toHaveText("trained weights");
  await lab.clear();
  await lab.drawStroke(SEVEN);
  await expect(lab.predicted).toHaveText("7");
  expect(outside.filter((address) => !address.startsWith("blob:"))).toEqual([]);
});
