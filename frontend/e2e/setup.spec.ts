import { tabTo } from './app';
import { expect, test } from './test';

test.use({ setting: { name: 'setup', args: ['--objects', '200'] } });
test.describe.configure({ mode: 'serial' });

const CHECK = /\/api\/v1\/connection(\/check|\/workspace)?$/;

test('the app is in the Apps menu and begins with the set-up', async ({ app, page }) => {
  await page.goto(app.site.url);
  await page.getByText('Apps', { exact: true }).click();
  await page.getByRole('link', { name: /^Assets backup and migration/ }).click();
  await expect(app.heading('Initial setup')).toBeVisible();
  await expect(app.frame.getByRole('list', { name: 'Steps of the setup' }).getByRole('listitem')).toHaveText([/Credentials/, /Backup storage/, /Sync Schemas/]);
  await app.look('01-setup');
});

test('nothing filled in: each field says what it wants', async ({ app }) => {
  await app.open();
  await app.button('Save and Continue').click();
  await app.says('Email', /Enter the email of the account/);
  await app.says('API Token', /Paste an API token/);
  await app.says('Workspace ID', /let Stowage find it for you/);
  await expect(app.field('Email')).toBeFocused();
  await app.look('02-setup-empty');
});

test('a wrong email, a wrong token and the workspace of nobody each have their own sentence', async ({ app, watch }) => {
  watch.allow(422, CHECK);
  await app.open();
  await app.field('Email').fill('nobody');
  await app.field('API Token').fill(app.site.token);
  await app.field('Workspace ID').fill(app.site.workspaceId);
  await app.button('Save and Continue').click();
  await app.says('Email', /not an email address/);

  await app.field('Email').fill('nobody@acme.example');
  await app.button('Save and Continue').click();
  await app.says('Email', /does not accept this/);

  await app.field('Email').fill(app.site.email);
  await app.field('API Token').fill('wrong');
  await app.button('Save and Continue').click();
  await app.says('API Token', /does not accept this e-mail address with this API token/);
  await expect(app.frame.getByRole('link', { name: /Put it right/ }).first()).toHaveAttribute('href', /id\.atlassian\.com/);
  await app.look('03-setup-token');

  await app.field('API Token').fill(app.site.token);
  await app.field('Workspace ID').fill('3b3b70g5-66f8-3c01-a2d7-e5bbf2584dc3');
  await app.button('Save and Continue').click();
  await app.says('Workspace ID', new RegExp(`There is no such workspace .* is ${app.site.workspaceId}`));
});

test('the workspace of another site is told from one that is nobody’s', async ({ app, globex, watch }) => {
  watch.allow(422, CHECK);
  await app.open();
  await app.field('Email').fill(app.site.email);
  await app.field('API Token').fill(app.site.token);
  await app.field('Workspace ID').fill(globex.site.workspaceId);
  await app.button('Save and Continue').click();
  await app.says('Workspace ID', new RegExp(`workspace .*${app.site.workspaceId}`));
  await app.look('04-setup-workspace');
});

test('an account that may not do the work is refused beside the email', async ({ app, watch }) => {
  watch.allow(422, CHECK);
  await app.open();
  await app.field('Email').fill('agent@acme.example');
  await app.field('API Token').fill('sim-agent-acme');
  await app.button('Find it for me').click();
  await app.says('Email', /may only look at the schemas of .*Object Schema Manager/);
});

test('a site without Assets says that its plan has none', async ({ app, world, watch }) => {
  watch.allow(422, CHECK);
  await world.licenseAssets(false);
  await app.open();
  await app.field('Email').fill(app.site.email);
  await app.field('API Token').fill(app.site.token);
  await app.button('Find it for me').click();
  await app.says('Workspace ID', /has no Assets.*Premium/);
  await app.look('05-setup-no-assets');
  await world.licenseAssets(true);
  await app.button('Find it for me').click();
  await expect(app.field('Workspace ID')).toHaveValue(app.site.workspaceId);
});

test('with the right credentials the three steps need no mouse', async ({ app, page }) => {
  await app.open();
  await expect(app.heading('Initial setup')).toBeVisible();
  await tabTo(page, app.field('Email'));
  await page.keyboard.type(app.site.email);
  await tabTo(page, app.field('API Token'));
  await page.keyboard.type(app.site.token);
  await tabTo(page, app.button('Find it for me'));
  await page.keyboard.press('Enter');
  await expect(app.field('Workspace ID')).toHaveValue(app.site.workspaceId);
  await tabTo(page, app.button('Save and Continue'));
  await page.keyboard.press('Enter');

  await expect(app.heading('Backup storage')).toBeVisible();
  await expect(app.main).toContainText('Credentials saved.');
  await expect(app.main).toContainText('encrypted at rest');
  await app.look('06-setup-storage');
  await tabTo(page, app.button('Save and Continue'));
  await page.keyboard.press('Enter');

  await expect(app.heading('Sync Schemas')).toBeVisible();
  await app.look('07-setup-sync');
  await tabTo(page, app.button('Sync schemas'));
  await page.keyboard.press('Space');

  await expect(app.heading('Synced schemas')).toBeVisible();
  await expect(app.flag('Schemas synced')).toBeVisible();
  await expect(app.frame.getByRole('rowheader')).toContainText(['Facilities', 'IT Service Management', 'People', 'Services']);
  await app.look('08-schemas');
});

test('the name of the app leads home, where the connection can be changed and deleted', async ({ app }) => {
  await app.open('/schemas');
  await app.frame.getByRole('link', { name: 'Stowage, home page' }).click();
  await expect(app.heading('Current Connection')).toBeVisible();
  await expect(app.main).toContainText(app.site.workspaceId);
  await expect(app.main).not.toContainText(app.site.token);
  await app.look('09-home');

  await app.button('More actions for the connection').click();
  await app.look('10-connection-menu');
  await app.frame.getByRole('menuitem', { name: 'Edit configuration' }).click();
  await expect(app.heading('Edit configuration')).toBeVisible();
  await app.look('11-settings');

  await app.button('Delete connection').click();
  await expect(app.dialog).toContainText('The synced schemas disappear');
  await app.look('12-delete-connection');
  await app.dialog.getByRole('button', { name: 'Cancel' }).click();
  await app.button('Delete connection').click();
  await app.dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(app.heading('Initial setup')).toBeVisible();
});
