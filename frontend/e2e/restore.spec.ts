import { readFile } from 'node:fs/promises';
import { tabTo } from './app';
import { expect, test } from './test';

test.use({ setting: { name: 'restore', args: ['--objects', '300'] } });
test.describe.configure({ mode: 'serial' });

const ITSM = 'IT Service Management';

test('the wizard refuses a name and a key that are in use, and keeps its place over a refresh', async ({ app, page }) => {
  await app.setUp();
  await app.backUp(ITSM, 'Before the upgrade');
  await app.select(ITSM);
  await expect(app.main).toContainText('Before the upgrade');
  await expect(app.frame.getByRole('radio', { name: 'Current instance, new schema' })).toBeChecked();
  await app.look('40-wizard-destination');
  await app.button('Continue').click();

  await expect(app.heading('Target')).toBeVisible();
  await expect(app.field('Schema name')).toHaveValue(`${ITSM} restored`);
  await expect(app.field('Schema key')).toHaveValue('ITSMR');
  await app.field('Schema name').fill('People');
  await app.field('Schema key').fill('HR');
  await app.button('Continue').click();
  await app.says('Schema name', /A schema of this name exists/);
  await app.says('Schema key', /A schema with this key exists/);
  await app.look('41-wizard-target');
  await app.field('Schema name').fill('ITSM of yesterday');
  await app.field('Schema key').fill('1x');
  await app.says('Schema key', /begins with a letter/);
  await app.field('Schema key').fill('itsmy');
  await expect(app.field('Schema key')).toHaveValue('ITSMY');

  await page.reload();
  await expect(app.heading('Target')).toBeVisible();
  await expect(app.field('Schema name')).toHaveValue('ITSM of yesterday');
  await expect(app.field('Schema key')).toHaveValue('ITSMY');
});

test('specific object types are restored with their parents, without a mouse', async ({ app, page, world }) => {
  await app.open();
  await app.select(ITSM);
  const next = app.button('Continue');
  await tabTo(page, app.frame.getByRole('radio').first());
  await page.keyboard.press('Space');
  await tabTo(page, next);
  await page.keyboard.press('Enter');

  await expect(app.heading('Target')).toBeVisible();
  await tabTo(page, app.field('Schema name'));
  await page.keyboard.press('Control+A');
  await page.keyboard.type('ITSM in part');
  await tabTo(page, app.field('Schema key'));
  await page.keyboard.press('Control+A');
  await page.keyboard.type('PART');
  await tabTo(page, next);
  await page.keyboard.press('Enter');

  await expect(app.heading('Options')).toBeVisible();
  const specific = app.frame.getByRole('checkbox', { name: 'Restore specific Object Types' });
  await tabTo(page, specific);
  await page.keyboard.press('Space');
  await expect(specific).toBeChecked();
  const server = app.frame.getByRole('checkbox', { name: /^Server/ });
  await tabTo(page, app.button('Collapse all object types'));
  await page.keyboard.press('Enter');
  await expect(server).toBeHidden();
  await page.keyboard.press('Enter');
  await tabTo(page, server);
  await page.keyboard.press('Space');
  await expect(server).toBeChecked();
  await app.look('42-wizard-options');
  await tabTo(page, next);
  await page.keyboard.press('Enter');

  await expect(app.heading('Review')).toBeVisible();
  const restore = app.button('Restore');
  await expect(restore).toBeEnabled();
  await expect(app.main).toContainText('ITSM in part');
  await expect(app.main).toContainText(/Left out: .*Laptop/);
  await app.look('43-wizard-review');
  await page.reload();
  await expect(app.heading('Review')).toBeVisible();
  await expect(restore).toBeEnabled();
  await tabTo(page, restore);
  await page.keyboard.press('Enter');

  await expect(app.heading(`Restore of ${ITSM} to ITSM in part`)).toBeVisible();
  await expect(app.flag('The restore was started')).toBeVisible();
  await expect(app.main).toContainText('Operation success');
  const made = (await world.schemas()).find((schema) => schema.objectSchemaKey === 'PART');
  expect(made?.objectCount).toBeGreaterThan(0);
  expect(made?.objectCount).toBeLessThan(300);
});

test('a whole schema is restored beside the old one and can be seen in Assets', async ({ app, page, world }) => {
  await app.open();
  await app.restore(ITSM, 'ITSM restored', 'ITSMR');
  await expect(app.main).toContainText('Operation success');
  await expect(app.main).toContainText('300 objects were created in ITSM restored');
  const stages = app.frame.getByRole('list', { name: 'Stages' }).getByRole('listitem');
  await expect(stages.filter({ hasText: 'Restoring object types' }).getByRole('img', { name: 'done' })).toBeVisible();
  await expect(stages.filter({ hasText: 'Restoring object entries' })).toContainText('300 / 300');
  await app.look('44-restored');
  await app.frame.getByRole('link', { name: /^Show the .*warnings?$/ }).click();
  const lines = app.frame.getByRole('region', { name: 'Log lines' });
  await expect(lines).toBeInViewport();
  await expect(lines.getByRole('listitem').first()).toBeVisible();
  await app.look('45-warnings');

  const tab = page.context().waitForEvent('page');
  await app.frame.getByRole('link', { name: /^Open ITSM restored in Assets/ }).click();
  const assets = await tab;
  await expect(assets.getByRole('heading', { name: /ITSM restored/ })).toBeVisible();
  expect((await world.schemas()).find((schema) => schema.objectSchemaKey === 'ITSMR')?.objectCount).toBe(300);
  await assets.close();
});

test('the log can be read, searched and downloaded', async ({ app, page }) => {
  await app.open('/restores');
  await app.frame.getByRole('link', { name: 'View details of restore 2' }).click();
  await app.button('Show log').click();
  const lines = app.frame.getByRole('region', { name: 'Log lines' });
  await expect(lines).toBeInViewport();
  await expect(lines.getByRole('listitem').first()).toBeVisible();
  await app.look('46-log');
  await page.reload();
  await expect(lines.getByRole('listitem').first()).toBeVisible();

  const first = await lines.getByRole('listitem').first().innerText();
  const key = /[A-Z]+-\d+/.exec(first)?.[0] ?? '';
  expect(key).not.toBe('');
  await app.frame.getByRole('textbox', { name: 'Search the log' }).fill(key);
  await expect(lines.getByRole('listitem').first()).toContainText(key);
  await expect(app.main).toContainText(/\d+ of 30\d lines/);
  await app.frame.getByRole('textbox', { name: 'Search the log' }).fill('nothing like it');
  await expect(lines).toContainText('matches');
  await app.button('Clear the search').click();
  await app.button(/^OK/).click();
  await expect(lines.getByRole('listitem').first()).toBeVisible();

  const download = page.waitForEvent('download');
  await app.button('Download full log').click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('restore-2-log.json');
  const log = JSON.parse(await readFile(await file.path(), 'utf8')) as { ObjectKey: string; Result: boolean; Message: unknown }[];
  const objects = log.filter((entry) => /^[A-Z]+-\d+$/.test(entry.ObjectKey));
  expect(new Set(objects.map((entry) => entry.ObjectKey)).size).toBe(300);
  expect(objects.every((entry) => entry.Result)).toBe(true);
});

test('a key that is taken in the meantime is said in the plan, before anything is written', async ({ app, world }) => {
  await app.open();
  await app.select(ITSM);
  await app.button('Continue').click();
  await app.field('Schema name').fill('Another');
  await app.field('Schema key').fill('ANOTHER');
  await world.assets('POST', '/objectschema/create', { name: 'Another', objectSchemaKey: 'ANOTHER' });
  await app.button('Continue').click();
  await expect(app.heading('Options')).toBeVisible();
  await app.button('Continue').click();
  await expect(app.main).toContainText('This restore cannot be done as it is');
  await app.look('47-wizard-taken');
  await app.button('Change the target').click();
  await expect(app.heading('Target')).toBeVisible();
});

test('the history on the home page and the grid of restores show every restore', async ({ app }) => {
  await app.open('/');
  const history = app.frame.getByRole('table', { name: 'History' });
  await expect(history.getByRole('row')).toHaveCount(3);
  await expect(history).toContainText('ITSM restored (ITSMR)');
  await expect(history).toContainText('Restore completed');
  await app.button('More about restore 2').click();
  await app.look('48-history');
  await app.frame.getByRole('link', { name: 'View Details of restore 2' }).click();
  await expect(app.heading(`Restore of ${ITSM} to ITSM restored`)).toBeVisible();

  await app.go('Restores');
  await app.button('Details of restore 1').click();
  await expect(app.frame.getByRole('region', { name: 'Restore options' })).toContainText(/Specific object types restored\s*YES/);
  await app.look('49-restores');
  await app.button('Operation success').first().click();
  await expect(app.dialog).toContainText('Objects created');
  await app.look('49-result');
});

test('the schemas were synced after the restore', async ({ app }) => {
  await app.open('/schemas');
  await expect(app.row('ITSM restored')).toContainText('300 objects');
});
