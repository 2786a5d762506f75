import { expect, test } from './test';

test.use({ setting: { name: 'backup', args: ['--objects', '300'] } });
test.describe.configure({ mode: 'serial' });

const ITSM = 'IT Service Management';

test('a schema is backed up with a description, and the grid shows when', async ({ app }) => {
  await app.setUp();
  const row = app.row(ITSM);
  await expect(row).toContainText('Never');
  await row.getByRole('button', { name: 'Backup now' }).click();
  await expect(app.dialog).toContainText('Please try not to change anything in Assets');
  await app.dialog.getByRole('textbox', { name: 'Description' }).fill('Before the upgrade');
  await app.look('20-backup-now');
  await app.dialog.getByRole('button', { name: 'Yes' }).click();
  await expect(app.flag(/IN QUEUE/)).toBeVisible();
  await expect(row).not.toContainText('Never');
  await expect(row.getByRole('time').or(row.locator('time'))).toHaveAttribute('datetime', /^20\d\d-/);
});

test('its backups have their number, objects, type and description, which can be changed', async ({ app }) => {
  await app.open('/schemas');
  await app.row(ITSM).getByRole('link', { name: 'Restore' }).click();
  await expect(app.heading('Available backups')).toBeVisible();
  const row = app.frame.getByRole('table', { name: 'Available backups' }).getByRole('row').nth(1);
  await expect(row).toContainText('Before the upgrade');
  await expect(row).toContainText('300');
  await expect(row).toContainText('Manual');
  await app.look('21-backups');

  await app.button('More actions for backup 1').click();
  await app.frame.getByRole('menuitem', { name: 'Edit' }).click();
  await app.dialog.getByRole('textbox', { name: 'Description' }).fill('After the upgrade');
  await app.look('22-backup-edit');
  await app.dialog.getByRole('button', { name: 'Save' }).click();
  await expect(app.flag('The description was saved')).toBeVisible();
  await expect(row).toContainText('After the upgrade');

  await app.button('More actions for backup 1').click();
  await app.frame.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(app.dialog.getByRole('button', { name: 'Delete backup' })).toBeDisabled();
  await app.dialog.getByRole('textbox', { name: 'Schema name' }).fill(ITSM);
  await app.look('23-backup-delete');
  await app.dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(row).toContainText('After the upgrade');
});

test('a schema without objects says why it is not backed up', async ({ app }) => {
  await app.open('/schemas');
  const row = app.row('Services');
  await row.getByRole('button', { name: 'Backup now' }).click();
  await app.dialog.getByRole('button', { name: 'Yes' }).click();
  await expect(row).toContainText('An empty schema cannot be backed up.');
  await expect(row.getByRole('button', { name: 'Backup now' })).toBeVisible();
  await app.look('24-backup-empty');
});

test('the filter of the grid stays over a walk through the app and a refresh, until it is cleared', async ({ app, page }) => {
  await app.open('/schemas');
  const names = app.frame.getByRole('rowheader');
  await expect(names).toHaveCount(4);
  const clear = app.button('Clear Filter');
  await expect(clear).toBeHidden();
  await app.frame.getByRole('searchbox', { name: 'Search' }).fill('p');
  await expect(names).toContainText(['People']);
  await expect(names).toHaveCount(1);

  await app.go('Home');
  await expect(app.heading('Current Connection')).toBeVisible();
  await app.go('Schemas');
  await expect(names).toHaveCount(1);
  await page.reload();
  await expect(names).toHaveCount(1);
  await expect(app.frame.getByRole('searchbox', { name: 'Search' })).toHaveValue('p');
  await clear.click();
  await expect(names).toHaveCount(4);
  await expect(clear).toBeHidden();

  await app.frame.getByRole('combobox', { name: 'Status' }).press('ArrowDown');
  await app.look('25-schemas-filter');
  await app.frame.getByRole('option', { name: 'Deleted' }).click();
  await expect(app.heading('No schema matches')).toBeVisible();
  await app.look('26-schemas-no-match');
  await app.button('Clear all filters').click();
  await expect(names).toHaveCount(4);
});

test('a schema deleted in Assets is known as such, can be hidden, and its backups stay restorable', async ({ app, world }) => {
  await app.open('/schemas');
  const gone = (await world.schemas()).find((schema) => schema.name === ITSM);
  await world.assets('DELETE', `/objectschema/${gone?.id}`);
  await app.button('Sync schemas').click();
  const row = app.row(ITSM);
  await expect(row).toContainText('Deleted from Assets. Its backups can still be restored.');
  await expect(row.getByRole('button', { name: 'Backup now' })).toBeDisabled();
  await app.look('27-schemas-deleted');

  await app.frame.getByText('Hide deleted schema').click();
  await expect(row).toBeHidden();
  await app.button('Clear Filter').click();
  await row.getByRole('link', { name: 'Restore' }).click();
  await expect(app.main).toContainText('This schema was deleted from Assets');
  await expect(app.button('Select backup 1')).toBeEnabled();
  await app.look('28-backups-deleted');
});

test('a schema is taken off the list by typing its name, and comes back with the next sync', async ({ app }) => {
  await app.open('/schemas');
  await app.button('More actions for People').click();
  await app.frame.getByRole('menuitem', { name: 'Configure' }).click();
  await expect(app.dialog).toContainText('HR');
  await app.look('29-configure');
  await app.dialog.getByRole('button', { name: 'Delete schema' }).click();
  await expect(app.dialog).toContainText('comes back with the next sync');
  await app.dialog.getByRole('textbox', { name: 'Schema name' }).fill('People');
  await app.dialog.getByRole('button', { name: 'Delete schema' }).click();
  await expect(app.row('People')).toBeHidden();
  await app.button('Sync schemas').click();
  await expect(app.row('People')).toBeVisible();
});
