import { expect, test } from './test';

test.use({ setting: { name: 'migrate', args: ['--objects', '200'] } });
test.describe.configure({ mode: 'serial' });

const ITSM = 'IT Service Management';
const TARGETS = /\/api\/v1\/targets(\/check|\/[^/]+)?$/;

test('a target instance is taken only when its address and its account are right', async ({ app, globex, watch }) => {
  watch.allow(422, TARGETS);
  await app.setUp();
  await app.go('Target instances');
  await expect(app.heading('There are no target instances yet')).toBeVisible();
  await app.look('80-targets-none');
  await app.button('Add new').click();
  const form = app.dialog.getByRole('form', { name: 'Add new target instance' });
  const save = form.getByRole('button', { name: 'Save target instance' });
  await save.click();
  await app.says('Connection name', /Give the instance a name/);
  await app.says('Target Instance URL', /Enter the address of the other site/);
  await app.says('Target Email', /Enter the email/);
  await app.says('Target Token', /Paste an API token/);
  await app.look('81-target-empty');

  await app.field('Connection name').fill('Globex');
  await app.field('Target Email').fill(globex.site.email);
  await app.field('Target Token').fill('wrong');
  for (const [url, message] of [
    ['http://globex.atlassian.net', /must begin with “https:\/\/”/],
    ['globex.atlassian.net', /must begin with “https:\/\/”/],
    ['https://10.0.0.1', /not an address of the internet/],
    [globex.site.base.replace('http:', 'https:'), /does not answer with https/],
  ] as const) {
    await app.field('Target Instance URL').fill(url);
    await save.click();
    await app.says('Target Instance URL', message);
  }
  await app.field('Target Instance URL').fill(globex.site.base);
  await save.click();
  await app.says('Target Token', /does not accept this e-mail address with this API token/);
  await app.look('82-target-token');

  await app.field('Target Token').fill(globex.site.token);
  await save.click();
  await expect(app.flag('Target instance added')).toBeVisible();
  await expect(app.row('Globex')).toContainText('Cloud');
  await expect(app.main).not.toContainText(globex.site.token);
  await app.look('83-targets');
});

test('a target instance can be changed and deleted', async ({ app }) => {
  await app.open('/targets');
  await app.row('Globex').getByRole('button', { name: 'Edit' }).click();
  await expect(app.field('Target Token')).toHaveValue('');
  await app.field('Connection name').fill('Globex of old');
  await app.dialog.getByRole('button', { name: 'Save target instance' }).click();
  await expect(app.flag('Target instance changed')).toBeVisible();
  await app.row('Globex of old').getByRole('button', { name: 'Delete' }).click();
  await expect(app.dialog).toContainText('Its details and its token are removed');
  await app.look('84-target-delete');
  await app.dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(app.heading('There are no target instances yet')).toBeVisible();
});

test('a schema is migrated with its icons to an instance that is added on the way', async ({ app, globex, page }) => {
  await app.open('/schemas');
  await app.backUp(ITSM);
  await app.select(ITSM);
  await app.frame.getByRole('radio', { name: 'On another instance' }).check();
  await app.button('Continue').click();
  await expect(app.heading('Target')).toBeVisible();
  await app.button('Continue').click();
  await expect(app.main).toContainText('Choose the target instance, or add a new one.');
  await app.frame.getByRole('combobox', { name: /^Target instance/ }).press('ArrowDown');
  await app.look('85-wizard-instance');
  await app.frame.getByRole('option', { name: 'New target instance' }).click();
  await app.field('Connection name').fill('Globex');
  await app.field('Target Instance URL').fill(globex.site.base);
  await app.field('Target Email').fill(globex.site.email);
  await app.field('Target Token').fill(globex.site.token);
  await app.button('Save target instance').click();
  await expect(app.button('Save target instance')).toBeHidden();
  await expect(app.field('Schema key')).toHaveValue('ITSM');
  await app.button('Continue').click();

  await app.frame.getByRole('checkbox', { name: 'Restore with Object Type global custom icons' }).check();
  await app.look('86-wizard-options-instance');
  await app.button('Continue').click();
  await expect(app.button('Migrate')).toBeEnabled();
  await expect(app.main).toContainText(globex.site.base);
  await app.look('87-wizard-review-instance');
  await app.button('Migrate').click();
  await expect(app.heading(`Migration of ${ITSM} to Globex`)).toBeVisible();
  await expect(app.flag('The migration was started')).toBeVisible();
  await expect(app.main).toContainText(/Operation success|Restored, but not everything/);
  await app.look('88-migrated');

  expect((await globex.schemas()).find((schema) => schema.objectSchemaKey === 'ITSM')?.objectCount).toBe(200);
  const tab = page.context().waitForEvent('page');
  await app.frame.getByRole('link', { name: /^Open IT Service Management in Assets/ }).click();
  const assets = await tab;
  await expect(assets.getByRole('heading', { name: /IT Service Management/ })).toBeVisible();
  expect(assets.url()).toContain('/sites/globex/');
});
