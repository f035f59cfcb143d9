import { expect, type Locator, type Page } from "@playwright/test";

/** The panel and the dock of the area Train. */
export class Training {
  readonly page: Page;
  readonly start: Locator;
  readonly pause: Locator;
  readonly stop: Locator;
  readonly oneStep: Locator;
  readonly oneEpoch: Locator;
  readonly status: Locator;
  readonly loss: Locator;
  readonly accuracy: Locator;
  readonly failure: Locator;
  readonly machine: Locator;
  readonly machineStep: Locator;
  readonly confusion: Locator;
  readonly runs: Locator;
  readonly more: Locator;
  readonly head: Locator;
  readonly repairHead: Locator;

  constructor(page: Page) {
    this.page = page;
    this.start = page.getByTestId("train-start");
    this.pause = page.getByTestId("train-pause");
    this.stop = page.getByTestId("train-stop");
    this.oneStep = page.getByTestId("train-one-step");
    this.oneEpoch = page.getByTestId("train-one-epoch");
    this.status = page.getByTestId("train-status");
    this.loss = page.getByTestId("train-loss");
    this.accuracy = page.getByTestId("val-accuracy");
    this.failure = page.getByTestId("train-failure");
    this.machine = page.getByTestId("time-machine");
    this.machineStep = page.getByTestId("machine-step");
    this.confusion = page.getByTestId("confusion");
    this.runs = page.getByTestId("run");
    this.more = page.getByTestId("train-more");
    this.head = page.getByTestId("train-head");
    this.repairHead = page.getByTestId("repair-head");
  }

  /** Steps done. */
  async step(): Promise<number> {
    return Number(await this.page.getByTestId("train-step").getAttribute("data-value"));
  }

  /** The loss of the last step. */
  async lastLoss(): Promise<number> {
    return Number(await this.loss.getAttribute("data-value"));
  }

  /** Waits until so many steps are done. */
  async reaches(step: number): Promise<void> {
    await expect.poll(() => this.step(), { timeout: 60_000 }).toBeGreaterThanOrEqual(step);
  }

  /** One step, to its end. */
  async makeStep(): Promise<void> {
    const before = await this.step();
    await this.oneStep.click();
    await this.reaches(before + 1);
    await expect(this.status).toHaveText("paused");
  }

  /** Waits until the browser's database has so many runs, of these names. */
  async keptRuns(count: number, names?: readonly string[]): Promise<void> {
    if (names === undefined) {
      await expect.poll(async () => (await this.kept()).length).toBe(count);
    } else {
      const kept = async () => (await this.kept()).map((run) => run.name).sort();
      await expect.poll(kept).toEqual([...names].sort());
    }
  }

  /** Waits until the browser's database has the curves of these runs alone as drawn. */
  async keptDrawn(names: readonly string[]): Promise<void> {
    const drawn = async () => (await this.kept()).filter((run) => run.drawn).map((run) => run.name);
    await expect.poll(async () => (await drawn()).sort()).toEqual([...names].sort());
  }

  /** The runs in the browser's database. */
  private async kept(): Promise<{ name: string; drawn: boolean }[]> {
    return this.page.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open("cnn-lab");
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      const runs = await new Promise<unknown[]>((resolve, reject) => {
        const request = database.transaction("runs").objectStore("runs").getAll();
        request.onsuccess = () => resolve(request.result as unknown[]);
        request.onerror = () => reject(request.error);
      });
      database.close();
      return runs.map((run) => JSON.parse(String(run)) as { name: string; drawn: boolean });
    });
  }
}
