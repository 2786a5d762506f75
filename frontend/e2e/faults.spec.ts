import { readFile } from 'node:fs/promises';
import { expect, test } from './test';

test.use({ setting: { name: 'faults', args: ['--objects', '200'] } });
test.describe.configure({ mode: 'serial' });

const ITSM = 'IT Service Management';
const WRITING = 'POST /object/create';

test('a second restore to the same site waits, says so, and can be taken back', async ({ app, world }) => {
  await app.setUp();
  await app.backUp(ITSM);
  await app.restore(ITSM, 'ITSM with faults', 'FAULTS', () => world.hold(WRITING, 20));
  const entries = app.frame.getByRole('list', { name: 'Stages' }).getByRole('listitem').filter({ hasText: 'Restoring object entries' });
  await expect(entries).toContainText('20 / 200');

  await app.restore(ITSM, 'ITSM that waits', 'WAITS');
  await expect(app.main).toContainText('Restore pending');
  await expect(app.main).toContainText('Waiting for another restore to the same destination');
  await app.look('50-restore-waiting');
  await app.go('Restores');
  await expect(app.row('ITSM that waits')).toContainText('Waiting for another restore');
  await app.look('51-restores-waiting');
  await app.frame.getByRole('link', { name: 'View details of restore 2' }).click();
  await app.button('STOP').click();
  await app.dialog.getByRole('button', { name: 'Stop' }).click();
  await expect(app.main).toContainText('No object was created.');
  await expect(app.button('Download full log')).toBeHidden();
  await app.look('52-restore-taken-back');
});

test('a page that loses its connection says so, and finds everything again', async ({ app, page }) => {
  await app.open('/restores');
  await app.frame.getByRole('link', { name: 'View details of restore 1' }).click();
  await app.button('Real-time log monitoring').click();
  await expect(app.main).toContainText('Live');
  await page.route('**/api/v1/**', (route) => route.abort('aborted'));
  await expect(app.main).toContainText('Stowage cannot be reached');
  await expect(app.main).not.toContainText('per second');
  // The stream of the log is still open; one that is opened anew cannot be reached either.
  await app.button('Hide log').click();
  await app.button('Real-time log monitoring').click();
  await expect(app.main).toContainText('The service cannot be reached. Trying again');
  await app.look('53-restore-unreachable');
  await page.unroute('**/api/v1/**');
  await expect(app.main).not.toContainText('cannot be reached');
  await expect(app.main).toContainText('Live');
  await expect(app.frame.getByRole('region', { name: 'Log lines' }).getByRole('listitem').first()).toBeVisible();
});

test('what the site refuses is named with its reason, on the page and in the file', async ({ app, page, world }) => {
  const schema = (await world.schemas()).find((s) => s.objectSchemaKey === 'FAULTS');
  const types = await world.assets<{ id: string; name: string }[]>('GET', `/objectschema/${schema?.id}/objecttypes/flat`);
  const hardware = types.find((type) => type.name === 'Hardware');
  const attributes = await world.assets<{ id: string; name: string }[]>('GET', `/objecttype/${hardware?.id}/attributes`);
  const serial = attributes.find((attribute) => attribute.name === 'Serial number');
  await world.assets('PUT', `/objecttypeattribute/${hardware?.id}/${serial?.id}`, { regexValidation: 'SN.*[0-4]' });
  await world.release();

  await app.open('/restores');
  await app.frame.getByRole('link', { name: 'View details of restore 1' }).click();
  await expect(app.main).toContainText('Restored, but not everything');
  await expect(app.main).toContainText('Restore completed with errors');
  const counts = /(\d+) of 200 objects were created in ITSM with faults, (\d+) could not be created/.exec(await app.main.innerText());
  const failed = Number(counts?.[2]);
  expect(failed).toBeGreaterThan(0);
  expect(Number(counts?.[1]) + failed).toBe(200);
  await app.look('54-restored-in-part');

  await app.frame.getByRole('link', { name: 'Show which objects failed, and why' }).click();
  const lines = app.frame.getByRole('region', { name: 'Log lines' });
  await expect(lines.getByRole('listitem').first()).toContainText(/^[^{]*attribute-\d+: The value provided is invalid: SN/);
  await expect(app.main).toContainText(`${failed} of `);
  await app.look('55-log-failed');

  const download = page.waitForEvent('download');
  await app.button('Download full log').click();
  const log = JSON.parse(await readFile(await (await download).path(), 'utf8')) as { ObjectKey: string; Result: boolean; Message: string }[];
  const refused = log.filter((entry) => !entry.Result);
  expect(refused).toHaveLength(failed);
  expect(refused.every((entry) => entry.Message.startsWith(`${entry.ObjectKey} {"errorMessages":`) && entry.Message.includes('does not match the regular expression'))).toBe(true);

  await app.go('Restores');
  await app.row('ITSM with faults').getByRole('button', { name: 'Result message' }).click();
  await expect(app.dialog).toContainText('Some objects could not be restored');
  await app.look('56-result-in-part');
});
