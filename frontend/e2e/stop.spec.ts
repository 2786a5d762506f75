import type { Response } from '@playwright/test';
import { expect, test } from './test';

test.use({ setting: { name: 'stop', args: ['--objects', '300'] } });
test.describe.configure({ mode: 'serial' });

const ITSM = 'IT Service Management';
// What is held back by the site is under way for as long as somebody looks at it.
const READING = 'POST /object/aql';
const WRITING = 'POST /object/create';

test('a backup shows its progress, and stops once that is confirmed', async ({ app, world }) => {
  await app.setUp();
  await world.hold(READING, 5);
  const row = app.row(ITSM);
  await row.getByRole('button', { name: 'Backup now' }).click();
  await app.dialog.getByRole('button', { name: 'Yes' }).click();
  await expect(row).toContainText('IN PROGRESS');
  await expect(row.getByRole('progressbar', { name: `Backup of ${ITSM}` })).toBeVisible();
  await app.look('60-backup-running');

  await row.getByRole('button', { name: 'Stop' }).click();
  await expect(app.dialog).toContainText(`Stop the backup of ${ITSM}?`);
  await app.look('61-backup-stop');
  await app.dialog.getByRole('button', { name: 'Keep it running' }).click();
  await expect(app.dialog).toBeHidden();
  await expect(row.getByRole('progressbar')).toBeVisible();

  await row.getByRole('button', { name: 'Stop' }).click();
  await app.dialog.getByRole('button', { name: 'Stop' }).click();
  await expect(app.flag('The backup is being stopped')).toBeVisible();
  await expect(row.getByRole('button', { name: 'Backup now' })).toBeVisible();
  await world.release();
  await row.getByRole('link', { name: 'Restore' }).click();
  await expect(app.frame.getByRole('table', { name: 'Available backups' })).toContainText('Terminated');
  await expect(app.button('Select backup 1')).toBeDisabled();
  await app.look('62-backup-terminated');
});

test('what is stopped is the run that was asked about, never one that began since', async ({ app, page, world }) => {
  const run = async (answer: Response) => ((await answer.json()) as { run: { id: string } }).run.id;
  const started = () => page.waitForResponse((answer) => answer.request().method() === 'POST' && answer.url().endsWith('/backups'));
  const row = app.row('People');
  const backUp = async () => {
    const answer = started();
    await world.hold(READING, 1);
    await row.getByRole('button', { name: 'Backup now' }).click();
    await app.dialog.getByRole('button', { name: 'Yes' }).click();
    return run(await answer);
  };
  await app.open('/schemas');
  const first = await backUp();
  await row.getByRole('button', { name: 'Stop' }).click();
  await expect(app.dialog).toContainText('Stop the backup of People?');
  await world.release();
  // The question goes away with the run it is about.
  await expect(app.dialog).toBeHidden();
  await expect(row.getByRole('button', { name: 'Backup now' })).toBeVisible();

  const second = await backUp();
  expect(second).not.toBe(first);
  const stopped = page.waitForRequest(/\/runs\/[^/]+\/stop$/);
  await row.getByRole('button', { name: 'Stop' }).click();
  await app.dialog.getByRole('button', { name: 'Stop' }).click();
  expect((await stopped).url()).toContain(`/runs/${second}/stop`);
  await expect(row.getByRole('button', { name: 'Backup now' })).toBeVisible();
  await world.release();

  await row.getByRole('link', { name: 'Restore' }).click();
  await expect(app.button('Select backup 1')).toBeEnabled();
  await expect(app.button('Select backup 2')).toBeDisabled();
});

test('a restore is followed stage by stage and line by line, over a refresh, stopped and resumed', async ({ app, page, world }) => {
  await app.open('/schemas');
  await app.backUp(ITSM);
  await app.restore(ITSM, 'ITSM in steps', 'STEPS', () => world.hold(WRITING, 40));
  await expect(app.main).toContainText('Restore in progress');
  const stages = app.frame.getByRole('list', { name: 'Stages' });
  const entries = stages.getByRole('listitem').filter({ hasText: 'Restoring object entries' });
  await expect(entries).toHaveAttribute('aria-current', 'step');
  await expect(entries).toContainText('40 / 300');
  // Those to come are known from the beginning, so that how far it is is said of everything.
  await expect(stages.getByRole('listitem')).toHaveCount(12);
  await expect(app.main).toContainText('stage 10 of 12');
  await app.button('Real-time log monitoring').click();
  const lines = app.frame.getByRole('region', { name: 'Log lines' });
  await expect(lines.getByRole('listitem').first()).toBeVisible();
  await expect(app.main).toContainText('Live');
  await page.reload();
  await expect(lines.getByRole('listitem').first()).toBeVisible();
  await expect(entries).toHaveAttribute('aria-current', 'step');
  await app.look('63-restore-running');

  await app.button('STOP').click();
  await expect(app.dialog).toContainText('Objects that were created so far stay in ITSM in steps');
  await app.look('64-restore-stop');
  await app.dialog.getByRole('button', { name: 'Stop' }).click();
  // Writes under way are waited for, so a few of them are let through.
  await expect(async () => {
    await world.hold(WRITING, 5);
    await expect(app.main).toContainText('The restore was stopped', { timeout: 500 });
  }).toPass();
  await expect(app.main).toContainText('Restore terminated');
  await app.look('65-restore-terminated');
  const count = async () => (await world.schemas()).find((schema) => schema.objectSchemaKey === 'STEPS')?.objectCount;
  const stopped = await count();
  expect(stopped).toBeGreaterThanOrEqual(40);
  expect(stopped).toBeLessThan(300);

  await world.release();
  await app.button('Resume').click();
  await expect(app.main).toContainText('Operation success');
  expect(await count()).toBe(300);
});
