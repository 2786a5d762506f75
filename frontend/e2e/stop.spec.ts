import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from './test';

// A site that takes its time, so that there is something to stop and to watch.
const slow = path.join(tmpdir(), 'stowage-e2e-slow.json');
writeFileSync(
  slow,
  JSON.stringify({
    rules: [
      { op: 'POST /object/aql', delay: '400ms' },
      { op: 'POST /object/create', delay: '150ms' },
    ],
  }),
);
test.use({ setting: { name: 'slow', args: ['--objects', '300', '--faults', slow] } });
test.describe.configure({ mode: 'serial' });

const ITSM = 'IT Service Management';

test('a backup shows its progress, and stops once that is confirmed', async ({ app }) => {
  await app.setUp();
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
  await row.getByRole('link', { name: 'Restore' }).click();
  await expect(app.frame.getByRole('table', { name: 'Available backups' })).toContainText('Terminated');
  await expect(app.button('Select backup 1')).toBeDisabled();
  await app.look('62-backup-terminated');
});

test('what is stopped is the run that was asked about, not the one that began since', async ({ app, page, context }) => {
  await app.open('/schemas');
  const row = app.row('People');
  await row.getByRole('button', { name: 'Backup now' }).click();
  await app.dialog.getByRole('button', { name: 'Yes' }).click();
  const asked = page.waitForRequest(/\/runs\/[^/]+\/stop$/);
  await row.getByRole('button', { name: 'Stop' }).click();
  await expect(app.dialog).toContainText('Stop the backup of People?');
  // The question goes away with the run it is about.
  await expect(app.dialog).toBeHidden();
  await expect(row.getByRole('button', { name: 'Backup now' })).toBeVisible();
  await row.getByRole('button', { name: 'Backup now' }).click();
  await app.dialog.getByRole('button', { name: 'Yes' }).click();
  await row.getByRole('button', { name: 'Stop' }).click();
  await app.dialog.getByRole('button', { name: 'Stop' }).click();
  expect((await asked).url()).toContain('/runs/');
  await expect(row.getByRole('button', { name: 'Backup now' })).toBeVisible();
  expect(context.pages()).toHaveLength(1);
});

test('a restore is followed stage by stage and line by line, over a refresh, stopped and resumed', async ({ app, page, world }) => {
  await app.open('/schemas');
  await app.backUp(ITSM);
  await app.select(ITSM);
  await app.frame.getByRole('radio', { name: 'Current instance, new schema' }).check();
  await app.button('Continue').click();
  await app.field('Schema name').fill('ITSM slowly');
  await app.field('Schema key').fill('SLOW');
  await app.button('Continue').click();
  await app.button('Continue').click();
  await app.button('Restore').click();

  await expect(app.heading(`Restore of ${ITSM} to ITSM slowly`)).toBeVisible();
  const stages = app.frame.getByRole('list', { name: 'Stages' });
  const entries = stages.getByRole('listitem').filter({ hasText: 'Restoring object entries' });
  await expect(entries).toHaveAttribute('aria-current', 'step');
  await app.button('Real-time log monitoring').click();
  const lines = app.frame.getByRole('region', { name: 'Log lines' });
  await expect(lines.getByRole('listitem').first()).toBeVisible();
  await expect(app.main).toContainText('Live');
  await page.reload();
  await expect(lines.getByRole('listitem').first()).toBeVisible();
  await expect(entries).toHaveAttribute('aria-current', 'step');
  await app.look('63-restore-running');

  await app.button('STOP').click();
  await expect(app.dialog).toContainText('Objects that were created so far stay in ITSM slowly');
  await app.look('64-restore-stop');
  await app.dialog.getByRole('button', { name: 'Stop' }).click();
  await expect(app.main).toContainText('The restore was stopped');
  await expect(app.main).toContainText('Restore terminated');
  await app.look('65-restore-terminated');
  const count = async () => (await world.schemas()).find((schema) => schema.objectSchemaKey === 'SLOW')?.objectCount;
  const stopped = await count();
  expect(stopped).toBeGreaterThan(0);
  expect(stopped).toBeLessThan(300);

  await app.button('Resume').click();
  await expect(app.main).toContainText('Operation success', { timeout: 60_000 });
  expect(await count()).toBe(300);
});
