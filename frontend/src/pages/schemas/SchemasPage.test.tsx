import { onlineManager } from '@tanstack/react-query';
import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { aRun, aSchema, aSession, FakeStowage, problem } from '../../mock/fake';
import { API, showApp } from '../../test/render';
import { server } from '../../test/server';

function show(address = '/schemas', fake = FakeStowage.example()) {
  server.use(...fake.handlers(API));
  return { fake, ...showApp(address) };
}

const row = async (name: string) => (await screen.findByRole('rowheader', { name: new RegExp(name) })).closest('tr') as HTMLElement;
const names = () => screen.getAllByRole('rowheader').map((cell) => within(cell).getByRole('link').textContent);

describe('the grid of schemas', () => {
  it('shows each schema with its instance, status, last backup and schedule in the time zone of the user', async () => {
    show();
    const itsm = within(await row('IT Service Management'));
    expect(itsm.getByRole('link', { name: /acme.atlassian.net/ })).toHaveAttribute('href', 'https://acme.atlassian.net');
    expect(itsm.getByText('Active')).toBeVisible();
    expect(itsm.getByText('Auto')).toBeVisible();
    expect(itsm.getByText('20 Nov 2026, 03:30')).toBeVisible(); // 02:30 UTC in Berlin
    expect(itsm.getByText('21 Nov 2026, 03:30')).toBeVisible();
    expect(screen.getAllByRole('columnheader').map((cell) => cell.textContent)).toEqual(['Schema Name', 'Instance', 'Location', 'Status', 'Last backup date', 'Backups', 'Actions']);
  });

  it('says why the last backup failed, below its date', async () => {
    show();
    const hr = within(await row('Human Resources'));
    expect(hr.getByText('12 Nov 2026, 03:30')).toBeVisible();
    expect(hr.getByText(/401 Unauthorized.*Check the API token in Edit configuration/)).toBeVisible();
  });

  it.each([
    ['Old hardware', 'Deleted', /Deleted from Assets/],
    ['Legal', 'Sync Error', /may not see this schema/],
    ['Globex assets', 'Inactive', /instance was removed/],
  ])('does not back up %s, which is %s, and says why; its backups can be restored', async (name, status, reason) => {
    show();
    const cells = within(await row(name));
    expect(cells.getByText(status)).toBeVisible();
    expect(cells.getByText(reason)).toBeVisible();
    expect(cells.getByRole('button', { name: 'Backup now' })).toBeDisabled();
    expect(cells.getByRole('link', { name: 'Restore' })).toHaveAttribute('href', expect.stringContaining('/backups'));
  });

  it('shows a queued and a running backup with percentage, rate and time left', async () => {
    show();
    const facilities = within(await row('Facilities'));
    expect(facilities.getByText('IN PROGRESS')).toBeVisible();
    expect(facilities.getByText('56%')).toBeVisible();
    expect(facilities.getByText(/700 of 1,240 · 16 per second · about 35 seconds left/)).toBeVisible();
    expect(facilities.getByRole('progressbar', { name: 'Backup of Facilities' })).toBeVisible();
    const network = within(await row('Network'));
    expect(network.getByText('IN QUEUE')).toBeVisible();
    expect(network.getByText('Number 2 in the queue')).toBeVisible();
  });

  it('starts a backup after Yes, with the description, and follows it to its end', async () => {
    const { user, host, fake } = show();
    let sent: unknown;
    server.events.on('request:start', async ({ request }) => {
      if (request.method === 'POST' && request.url.endsWith('/backups')) sent = await request.clone().json();
    });
    await user.click(within(await row('IT Service Management')).getByRole('button', { name: 'Backup now' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.queryByLabelText('Back up attachments')).not.toBeInTheDocument(); // this service reads none
    await user.type(dialog.getByLabelText('Description'), 'before the clean-up');
    await user.click(dialog.getByRole('button', { name: 'Yes' }));
    expect(await within(await row('IT Service Management')).findByText('IN QUEUE')).toBeVisible();
    expect(sent).toEqual({ description: 'before the clean-up' });
    expect(host.flag).toHaveBeenCalledWith(expect.objectContaining({ title: 'The backup is IN QUEUE' }));
    expect(await within(await row('IT Service Management')).findByText('IN PROGRESS')).toBeVisible();
    expect(fake.runs.size).toBe(3);
    server.events.removeAllListeners();
  });

  it('leaves attachments out where that is asked for', async () => {
    const fake = FakeStowage.example();
    fake.session = aSession({ features: { ...aSession().features, attachments: true } });
    const { user } = show('/schemas', fake);
    const sent: unknown[] = [];
    server.events.on('request:start', async ({ request }) => {
      if (request.method === 'POST' && request.url.endsWith('/backups')) sent.push(await request.clone().json());
    });
    await user.click(within(await row('IT Service Management')).getByRole('button', { name: 'Backup now' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByLabelText('Back up attachments')).toBeChecked();
    await user.click(dialog.getByLabelText('Back up attachments'));
    await user.click(dialog.getByRole('button', { name: 'Yes' }));
    await waitFor(() => expect(sent).toEqual([{ phases: ['history', 'comments', 'avatars', 'issues'] }]));

    server.events.removeAllListeners();
  });

  it('keeps the question open and says why when a backup cannot be started', async () => {
    const { user, fake } = show();
    fake.onBackup = () => problem(409, 'empty', 'Empty schemas cannot be backed up. Add an object in Assets, then try again.');
    await user.click(within(await row('IT Service Management')).getByRole('button', { name: 'Backup now' }));
    const dialog = within(await screen.findByRole('dialog'));
    await user.click(dialog.getByRole('button', { name: 'Yes' }));
    expect(await dialog.findByRole('alert')).toHaveTextContent('Empty schemas cannot be backed up. Add an object in Assets');
  });

  it('stops a running backup only after the question, which can be answered with no', async () => {
    const { user, fake } = show();
    await user.click(within(await row('Facilities')).getByRole('button', { name: 'Stop' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Keep it running' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(fake.runs.get('run-fac')?.state).toBe('running');

    await user.click(within(await row('Facilities')).getByRole('button', { name: 'Stop' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Stop' }));
    expect(await within(await row('Facilities')).findByRole('button', { name: 'Backup now' })).toBeEnabled();
    expect(fake.runs.get('run-fac')?.state).toBe('terminated');
  });

  it('says why a backup could not be stopped, and nothing of it in the next question', async () => {
    const { user } = show();
    server.use(http.post(`${API}/runs/:id/stop`, () => problem(503, 'unavailable', 'The service is restarting.'), { once: true }));
    await user.click(within(await row('Facilities')).getByRole('button', { name: 'Stop' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Stop' }));
    expect(await within(screen.getByRole('dialog')).findByRole('alert')).toHaveTextContent('The service is restarting.');
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Keep it running' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    await user.click(within(await row('Network')).getByRole('button', { name: 'Stop' }));
    const next = within(await screen.findByRole('dialog', { name: 'Stop the backup of Network?' }));
    expect(next.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('filters from the first letter, keeps the filter in the address, and clears it', async () => {
    const { user, router } = show();
    await row('IT Service Management');
    expect(screen.queryByRole('button', { name: 'Clear Filter' })).not.toBeInTheDocument();
    await user.type(screen.getByLabelText('Search'), 'h');
    await waitFor(() => expect(names()).toEqual(['Human Resources', 'Old hardware']));
    expect(router.state.location.search).toEqual({ q: 'h' });
    await user.click(screen.getByLabelText('Hide deleted schema'));
    await waitFor(() => expect(names()).toEqual(['Human Resources']));
    expect(router.state.location.search).toEqual({ q: 'h', hideDeleted: true });
    await user.click(screen.getByRole('button', { name: 'Clear Filter' }));
    await waitFor(() => expect(names()).toHaveLength(7));
    expect(screen.getByLabelText('Search')).toHaveValue('');
    expect(router.state.location.search).toEqual({});
  });

  it('filters by instance, type and status', async () => {
    const { user, router } = show();
    await row('IT Service Management');
    await user.click(screen.getByLabelText('Status'));
    await user.click(await screen.findByRole('option', { name: 'Sync Error' }));
    await waitFor(() => expect(names()).toEqual(['Legal']));
    await user.click(screen.getByLabelText('Instance type'));
    await user.click(await screen.findByRole('option', { name: 'Another Cloud' }));
    expect(await screen.findByRole('heading', { name: 'No schema matches' })).toBeVisible();
    expect(router.state.location.search).toEqual({ status: 'Sync Error', location: 'Another Cloud' });
    await user.click(screen.getByRole('button', { name: 'Clear all filters' }));
    await waitFor(() => expect(names()).toHaveLength(7));
    await user.click(screen.getByLabelText('Instances'));
    await user.click(await screen.findByRole('option', { name: 'globex-old' }));
    await waitFor(() => expect(names()).toEqual(['Globex assets']));
  });

  it('comes back to the filter after a walk through the app, and shows what a link says', async () => {
    const { user, router } = show('/schemas?status=Deleted');
    await waitFor(() => expect(names()).toEqual(['Old hardware']));
    await user.click(screen.getByLabelText('Hide deleted schema'));
    await screen.findByRole('heading', { name: 'No schema matches' });
    await user.click(screen.getByRole('link', { name: 'Target instances' }));
    await screen.findByRole('heading', { name: 'Target instances' });
    await user.click(screen.getByRole('link', { name: 'Schemas' }));
    await screen.findByRole('heading', { name: 'No schema matches' });
    expect(router.state.location.search).toEqual({ status: 'Deleted', hideDeleted: true });
  });

  it('ignores what is not a filter in the address', async () => {
    show('/schemas?status=Nonsense&q=&hideDeleted=maybe');
    await row('IT Service Management');
    expect(names()).toHaveLength(7);
  });

  it('shows 25 schemas per page, with a way to the next and back', async () => {
    const fake = new FakeStowage();
    fake.schemas = Array.from({ length: 31 }, (_, i) => aSchema({ id: `s${i}`, name: `Schema ${i + 1}` }));
    const { user } = show('/schemas', fake);
    await row('Schema 25');
    expect(names()).toHaveLength(25);
    expect(screen.getByText('1–25 of 31')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Previous' })).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Next' }));
    await row('Schema 31');
    expect(names()).toHaveLength(6);
    expect(screen.getByText('26–31 of 31')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Previous' }));
    await row('Schema 1$|Schema 1 ');
    expect(names()).toHaveLength(25);
  });

  it('goes back a page when the last row of one is gone', async () => {
    const fake = new FakeStowage();
    fake.schemas = Array.from({ length: 26 }, (_, i) => aSchema({ id: `s${i}`, name: `Schema ${i + 1}` }));
    const { user } = show('/schemas', fake);
    await row('Schema 25');
    await user.click(screen.getByRole('button', { name: 'Next' }));
    await user.click(within(await row('Schema 26')).getByRole('button', { name: /More actions/ }));
    await user.click(await screen.findByRole('menuitem', { name: 'Configure' }));
    const information = within(await screen.findByRole('dialog', { name: 'Schema 26' }));
    await user.click(information.getByRole('button', { name: 'Delete schema' }));
    const question = within(await screen.findByRole('dialog', { name: 'Delete schema Schema 26?' }));
    await user.type(question.getByLabelText('Schema name'), 'Schema 26');
    await user.click(question.getByRole('button', { name: 'Delete schema' }));
    await row('Schema 25');
    expect(names()).toHaveLength(25);
  });

  it('has no pages when 25 schemas fit on one', async () => {
    const fake = new FakeStowage();
    fake.schemas = Array.from({ length: 25 }, (_, i) => aSchema({ id: `s${i}`, name: `Schema ${i + 1}` }));
    show('/schemas', fake);
    await row('Schema 25');
    expect(screen.queryByRole('button', { name: 'Next' })).not.toBeInTheDocument();
  });

  it('deletes a schema only when its name is typed, and says what that means', async () => {
    const { user } = show();
    await user.click(within(await row('Old hardware')).getByRole('button', { name: 'More actions for Old hardware' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Configure' }));
    const information = within(await screen.findByRole('dialog', { name: 'Old hardware' }));
    expect(information.getByText('1 Jun 2026, 12:00 (1 Jun 2026, 10:00:00 UTC)')).toBeVisible();
    await user.click(information.getByRole('button', { name: 'Delete schema' }));
    const question = within(await screen.findByRole('dialog', { name: 'Delete schema Old hardware?' }));
    expect(question.getByText(/permanently deleted from Stowage/)).toHaveTextContent('with all its backups');
    expect(question.getByRole('button', { name: 'Delete schema' })).toBeDisabled();
    await user.type(question.getByLabelText('Schema name'), 'Old hard');
    expect(question.getByRole('button', { name: 'Delete schema' })).toBeDisabled();
    await user.type(question.getByLabelText('Schema name'), 'ware');
    await user.click(question.getByRole('button', { name: 'Delete schema' }));
    await waitFor(() => expect(screen.queryByRole('rowheader', { name: /Old hardware/ })).not.toBeInTheDocument());
  });

  it('says that an active schema comes back with the next sync', async () => {
    const { user } = show();
    await user.click(within(await row('Human Resources')).getByRole('button', { name: /More actions/ }));
    await user.click(await screen.findByRole('menuitem', { name: 'Configure' }));
    await user.click(await screen.findByRole('button', { name: 'Delete schema' }));
    expect(await screen.findByText(/comes back with the next sync/)).toBeVisible();
  });

  it('only shows, and says why, while there is no licence', async () => {
    const fake = FakeStowage.example();
    fake.session = aSession({ licence: { state: 'expired', canRun: false, notice: 'The licence has expired. Renew it in Manage apps to back up and restore again.' } });
    show('/schemas', fake);
    const itsm = within(await row('IT Service Management'));
    expect(itsm.getByRole('button', { name: 'Backup now' })).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Sync schemas' })).toBeDisabled();
    expect(screen.getByText(/Renew it in Manage apps/)).toBeVisible();
    expect(within(await row('Facilities')).getByRole('button', { name: 'Stop' })).toBeEnabled();
  });

  it('says that the list could not be fetched, and fetches it again when asked', async () => {
    const { user } = show();
    server.use(http.get(`${API}/schemas`, () => problem(503, 'database', 'The database does not answer. Try again in a minute.'), { once: true }));
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('The database does not answer. Try again in a minute.');
    expect(alert).toHaveTextContent('req-7Hq2');
    await user.click(within(alert).getByRole('button', { name: 'Try again' }));
    expect(await row('IT Service Management')).toBeVisible();
  });

  it('says that the service cannot be reached while there is no network, rather than to wait without a word', async () => {
    onlineManager.setOnline(false);
    try {
      const fake = FakeStowage.example();
      server.use(...fake.handlers(API));
      server.use(http.get(`${API}/schemas`, () => HttpResponse.error()));
      showApp('/schemas');
      expect(await screen.findByRole('alert')).toHaveTextContent('Stowage cannot be reached');
    } finally {
      onlineManager.setOnline(true);
    }
  });

  it('says why a sync failed', async () => {
    const { fake } = show();
    const failed = aRun({ id: 'sync-9', kind: 'sync', state: 'failed', message: 'The API token was revoked. Put in a new one in Edit configuration.' });
    fake.runs.set('sync-9', failed);
    if (fake.connection) fake.connection = { ...fake.connection, sync: failed };
    expect(await screen.findByText(/The API token was revoked/)).toBeVisible();
  });
});
