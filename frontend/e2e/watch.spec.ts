import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import { look } from './look';
import { Watch } from './watch';

// The other tests believe in what is watched and looked at here: each kind of fault is planted once and has to be found.

const HERE = 'http://planted.test';

/** A page with something in its body, and whatever else is asked for. */
async function show(context: BrowserContext, body: string, others: Record<string, number> = {}): Promise<Page> {
  await context.route('**/*', (route) => {
    const { pathname, origin } = new URL(route.request().url());
    if (origin === HERE && pathname === '/') {
      return route.fulfill({ contentType: 'text/html', body: `<!doctype html><html lang="en"><title>Planted</title><main><h1>Planted</h1>${body}</main></html>` });
    }
    const status = others[pathname];
    return status === undefined ? route.abort('connectionrefused') : route.fulfill({ status, body: '{}' });
  });
  const page = await context.newPage();
  await page.goto(`${HERE}/`);
  return page;
}

for (const [what, body, found] of [
  ['an error in the console', '<script>console.error("planted error")</script>', 'planted error'],
  ['a warning in the console', '<script>console.warn("planted warning")</script>', 'planted warning'],
  ['an error nobody catches', '<script>throw new Error("planted throw")</script>', 'planted throw'],
  ['a promise nobody looks at', '<script>Promise.reject(new Error("planted rejection"))</script>', 'planted rejection'],
  ['a request to elsewhere', '<img alt="" src="http://elsewhere.test/ok">', 'a request left for http://elsewhere.test/ok'],
  ['a refusal', '<script>fetch("/refused")</script>', '/refused was answered with 403'],
  ['a request without an answer', '<script>fetch("/gone").catch(() => {})</script>', '/gone failed: net::ERR_CONNECTION_REFUSED'],
] as const) {
  test(`${what} is noticed`, async ({ context }) => {
    const watch = new Watch(context, [HERE]);
    await show(context, body, { '/ok': 200, '/refused': 403 });
    await expect.poll(() => watch.faults.join('\n')).toContain(found);
  });
}

test('an answer that was expected is no fault', async ({ context }) => {
  const watch = new Watch(context, [HERE]);
  watch.allow(403, /^\/refused$/);
  const page = await show(context, '', { '/refused': 403 });
  expect(await page.evaluate(async () => (await fetch('/refused')).status)).toBe(403);
  expect(watch.faults).toEqual([]);
});

test('the places of the app that are shown are remembered without what is said in them', async ({ context }) => {
  const watch = new Watch(context, [HERE]);
  await show(context, '<iframe title="app" src="/app/admin?jwt=x#/restore/4711?step=target"></iframe>', { '/app/admin': 200 });
  await expect.poll(() => [...watch.visited.keys()]).toEqual(['/restore/:id?step=target']);
});

test('a token in the address of the page around is noticed', async ({ context }) => {
  const watch = new Watch(context, [HERE]);
  const page = await show(context, '');
  await page.goto(`${HERE}/#!/?jwt=x`);
  await expect.poll(() => watch.faults.join('\n')).toContain('a token stands in the address');
});

for (const [what, body, found] of [
  ['a field without a name', '<input>', /light, 1280 px: axe finds label /],
  ['text that is too pale when it is dark', '<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #111 } }</style><p>Pale</p>', /dark, 1280 px: axe finds color-contrast /],
  ['a button that is too small where it is narrow', '<style>@media (max-width: 400px) { .small { width: 8px; height: 8px; padding: 0; border: 0; margin: 0 } }</style><div><button class="small" aria-label="a"></button><button class="small" aria-label="b"></button></div>', /320 px: axe finds target-size /],
  ['a page that scrolls sideways', '<div class="wide" style="width: 400px">Wide</div>', /320 px: the page is \d+ px too wide: div\.wide/],
  ['a frame that scrolls sideways', '<iframe title="app" width="300" srcdoc="<title>app</title><div style=\'width: 400px\'>Wide</div>"></iframe>', /320 px: the page is \d+ px too wide: div/],
] as const) {
  test(`${what} is seen`, async ({ context }) => {
    const page = await show(context, body);
    expect((await look(page, 'planted')).join('\n')).toMatch(found);
  });
}

test('a page without faults has none', async ({ context }) => {
  const watch = new Watch(context, [HERE]);
  const page = await show(context, '<style>:root { color-scheme: light dark }</style><button>Go on</button>');
  expect(await look(page, 'planted')).toEqual([]);
  expect(watch.faults).toEqual([]);
});
