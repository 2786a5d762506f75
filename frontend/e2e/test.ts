import { type BrowserContext, expect, test as base } from '@playwright/test';
import { App } from './app';
import { Demo } from './demo';
import { appPlace, look, placesSeen } from './look';
import { Watch } from './watch';
import { APP, World } from './world';

/** What a file of tests runs against. Files with different ones get a demo process of their own. */
export interface Setting {
  /** Tells the demos apart. */
  name: string;
  args: string[];
}

/**
 * The tests of the app in the small Jira. Whatever a test does, it fails when a page writes an error or a warning, asks
 * another origin, gets a refusal nobody expected, or shows a place of the app that nobody looked at (see look).
 */
export const test = base.extend<{ watch: Watch; app: App; world: World; globex: World }, { setting: Setting; demo: Demo }>({
  setting: [{ name: '', args: [] }, { option: true, scope: 'worker' }],
  demo: [
    async ({ setting }, use) => {
      const demo = await Demo.start(...setting.args);
      await use(demo);
      await demo.stop();
    },
    { scope: 'worker' },
  ],
  watch: [
    async ({ context, demo }, use, info) => {
      const watch = new Watch(context, [demo.about.sim, demo.about.app]);
      await use(watch);
      if (info.status !== info.expectedStatus) {
        await info.attach('log of the demo', { body: demo.log(), contentType: 'text/plain' });
        return;
      }
      await lookAtTheRest(watch, context, demo.site('acme').base);
      expect(watch.faults, 'what was seen while the test ran').toEqual([]);
    },
    { auto: true },
  ],
  app: async ({ page, watch, demo }, use) => use(new App(page, watch, demo.site('acme'))),
  world: async ({ demo }, use) => use(new World(demo, demo.site('acme'))),
  globex: async ({ demo }, use) => use(new World(demo, demo.site('globex'))),
});

/** Looks at the places that the test showed and nobody has looked at in this run. */
async function lookAtTheRest(watch: Watch, context: BrowserContext, site: string): Promise<void> {
  if (process.env.STOWAGE_LOOKS === 'none') return;
  for (const [place, address] of watch.visited) {
    if (placesSeen().has(place)) continue;
    const page = await context.newPage();
    await page.goto(`${site}/plugins/servlet/ac/${APP}/admin#!${address}`);
    await expect(page.frameLocator('iframe').getByRole('heading', { level: 1 })).toBeVisible();
    // Some places only lead on to others.
    if (appPlace(page) === place) watch.faults.push(...(await look(page, `other${place.replaceAll(/[^a-z]+/g, '-')}`)));
    await page.close();
  }
}

export { expect };
