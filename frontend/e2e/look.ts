import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { placeOf } from './watch';

const SHOTS = path.resolve(__dirname, '../../build/screenshots');
const SEEN = path.join(SHOTS, 'seen.txt');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 320, height: 640 };

type Theme = 'light' | 'dark';

/** Forgets the screenshots of the last run, and which places were looked at in it. */
export function forgetLooks(): void {
  rmSync(SHOTS, { recursive: true, force: true });
  for (const kind of ['light', 'dark', 'narrow']) mkdirSync(path.join(SHOTS, kind), { recursive: true });
}

/** The places of the app that were looked at in this run. */
export function placesSeen(): Set<string> {
  return new Set(existsSync(SEEN) ? readFileSync(SEEN, 'utf8').split('\n') : []);
}

/**
 * Looks at a page as everybody may see it: light and dark, 1280 and 320 pixels wide. Each time it must be free of what
 * axe finds and must not scroll sideways. Screenshots are kept under the given name. Answers what is wrong.
 * STOWAGE_LOOKS=none leaves it out, to work on a journey.
 */
export async function look(page: Page, name: string): Promise<string[]> {
  const faults: string[] = [];
  if (process.env.STOWAGE_LOOKS === 'none') return faults;
  const views = [
    { theme: 'light', size: WIDE, shot: 'light' },
    { theme: 'dark', size: WIDE, shot: 'dark' },
    { theme: 'dark', size: NARROW, shot: undefined },
    { theme: 'light', size: NARROW, shot: 'narrow' },
  ] as const;
  for (const { theme, size, shot } of views) {
    await page.setViewportSize(size);
    await show(page, theme);
    const where = `${name}, ${theme}, ${size.width} px:`;
    if (shot) await page.screenshot({ path: path.join(SHOTS, shot, `${name}.png`) });
    faults.push(...(await sideways(page)).map((fault) => `${where} ${fault}`), ...(await inaccessible(page)).map((fault) => `${where} ${fault}`));
  }
  await page.setViewportSize(WIDE);
  await show(page, 'light');
  const place = appPlace(page);
  if (place) appendFileSync(SEEN, `${place}\n`);
  return faults;
}

/** Changes the theme and waits until every frame shows it and stands still. */
async function show(page: Page, theme: Theme): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await Promise.all(page.frames().map((frame) => frame.waitForFunction(shows, theme, { timeout: 60_000 })));
  await Promise.all(page.frames().map((frame) => frame.evaluate(still)));
}

/** Runs in the page: is everything in the theme that was asked for? What has no theme of its own is in any. */
function shows(theme: string): boolean {
  const modes = [...document.querySelectorAll('[data-color-mode]')].map((element) => element.getAttribute('data-color-mode'));
  return modes.every((mode) => mode === 'auto' || mode === theme);
}

/** Runs in the page: waits until fonts are there and what moves has come to rest; spinners never do. */
async function still(): Promise<void> {
  await document.fonts.ready;
  const moving = document.getAnimations().filter((animation) => animation.playState === 'running' && animation.effect?.getComputedTiming().endTime !== Infinity);
  const rest = Promise.all(moving.map((animation) => animation.finished.catch(() => undefined)));
  // What is taken off the page in mid-move never says that it has ended.
  await Promise.race([rest, new Promise((resolve) => setTimeout(resolve, 1000))]);
}

async function sideways(page: Page): Promise<string[]> {
  const widths = await Promise.all(page.frames().map((frame) => frame.evaluate(tooWide)));
  return widths.filter((fault) => fault !== null);
}

/** Runs in the page: says what sticks out when the page scrolls sideways. */
function tooWide(): string | null {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return null;
  const out = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
  return `the page is ${root.scrollWidth - root.clientWidth} px too wide: ${out.map((element) => `${element.tagName.toLowerCase()}.${element.className}`).slice(0, 4).join(', ')}`;
}

async function inaccessible(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `axe finds ${id} (${help}): ${node.target.join(' ')} ${node.failureSummary ?? ''}`));
}

/** Where the app stands in a page, or undefined where it is not shown. */
export function appPlace(page: Page): string | undefined {
  return page.frames().map((frame) => placeOf(frame.url())).find((place) => place !== undefined);
}
