import { expect, test } from './test';

test.use({ setting: { name: 'host', args: ['--objects', '100'] } });
test.describe.configure({ mode: 'serial' });

const ITSM = 'IT Service Management';

test('somebody who does not administer Jira has no way in, reads why, and is given no data', async ({ app, page, world, demo, watch }) => {
  watch.allow(403, /\/app\/admin$/);
  await app.setUp();
  await app.backUp(ITSM);
  const { ordinaryUser } = await world.people();
  await page.context().addCookies([{ name: 'sim_account', value: encodeURIComponent(ordinaryUser), url: demo.about.sim }]);
  await page.goto(app.site.url);
  await page.getByText('Apps', { exact: true }).click();
  await expect(page.getByText('There is no page for you here.')).toBeVisible();
  await app.open();
  await expect(app.heading('This page cannot be shown')).toBeVisible();
  await expect(app.main).toContainText('administrator');
  await expect(app.main).not.toContainText(ITSM);
  await app.look('90-host-no-permission');
});

test('a page that stays open when its person loses the right says so, and shows no more data', async ({ app, page, world, demo, watch }) => {
  watch.allow(403, /\/api\/v1\//);
  await app.open('/schemas');
  await expect(app.row(ITSM)).toBeVisible();
  const { ordinaryUser } = await world.people();
  await page.context().addCookies([{ name: 'sim_account', value: encodeURIComponent(ordinaryUser), url: demo.about.sim }]);
  await app.go('Target instances');
  await expect(app.frame.getByRole('alert').first()).toContainText('Only Jira administrators can use Stowage');
  await app.look('91-not-an-administrator');
  // The places that were shown are looked at by the administrator.
  await page.context().clearCookies({ name: 'sim_account' });
});

test('without a licence everything can be looked at and nothing new is run, until there is one again', async ({ app, world, page }) => {
  await world.app('licence', { licence: 'expired' });
  await app.open('/schemas');
  await expect(app.main).toContainText(/licence/i);
  await expect(app.row(ITSM).getByRole('button', { name: 'Backup now' })).toBeDisabled();
  await expect(app.button('Sync schemas')).toBeDisabled();
  await app.look('92-licence-expired');
  await app.select(ITSM);
  for (const step of ['Target', 'Options', 'Review']) {
    await app.button('Continue').click();
    await expect(app.heading(step)).toBeVisible();
  }
  await expect(app.button('Restore')).toBeDisabled();
  await expect(app.main).toContainText('New restores need an active licence');
  await app.look('93-licence-wizard');

  await world.app('licence', { licence: 'active' });
  await page.goto('about:blank');
  await app.open('/schemas');
  await expect(app.row(ITSM).getByRole('button', { name: 'Backup now' })).toBeEnabled();
  await app.backUp(ITSM);
});

test('while the app is disabled its page is not there, and afterwards it is as before', async ({ app, world, page, watch }) => {
  watch.allow(409, /plugins\/servlet\/ac/);
  await world.app('disable');
  await app.open();
  await expect(page.locator('iframe')).toHaveCount(0);
  await app.look('94-host-disabled');
  await world.app('enable');
  await page.goto('about:blank');
  await app.open('/schemas');
  await expect(app.row(ITSM)).toBeVisible();
});

test('what was there before an uninstallation is found again after the app is installed anew', async ({ app, world, page }) => {
  await world.app('uninstall');
  await page.goto(app.site.url);
  await page.getByText('Apps', { exact: true }).click();
  await expect(page.getByRole('link', { name: /^Assets backup and migration/ })).toHaveCount(0);
  await world.install();
  await app.open('/schemas');
  await app.row(ITSM).getByRole('link', { name: 'Restore' }).click();
  await expect(app.button('Select backup 2')).toBeEnabled();
  await app.backUp(ITSM);
});
