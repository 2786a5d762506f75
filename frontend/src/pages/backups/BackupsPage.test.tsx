import { screen, waitFor, within } from '@testing-library/react';
import { http } from 'msw';
import { describe, expect, it } from 'vitest';
import { FakeStowage, problem } from '../../mock/fake';
import { aBackup, FakeRestores } from '../../mock/restores';
import { API, showApp } from '../../test/render';
import { server } from '../../test/server';

function show(address = '/schemas/s1/backups', restores = FakeRestores.example()) {
  server.use(...restores.handlers(API), ...FakeStowage.example().handlers(API));
  return { restores, ...showApp(address) };
}

const table = () => screen.findByRole('table', { name: 'Available backups' });
/** The row of a backup, by its number. */
async function row(number: number): Promise<HTMLElement> {
  const heads = [...(await table()).querySelectorAll<HTMLElement>('th[scope="row"]')];
  const head = heads.find((th) => th.textContent?.replace(/\D/g, '') === String(number));
  if (!head) throw new Error(`no row of backup ${number}`);
  return head.closest('tr') as HTMLElement;
}
const rows = () => screen.getByRole('table', { name: 'Available backups' }).querySelectorAll('th[scope="row"]');

describe('the available backups', () => {
  it('say of each its date, objects, type and how far history and issues are', async () => {
    show();
    expect(within(await table()).getAllByRole('columnheader').map((c) => c.textContent)).toEqual([
      'ID',
      'Backup date',
      'Objects',
      'Type',
      'History status',
      'Objects in issues status',
      'Description',
      'Actions',
    ]);
    const newest = within(await row(27));
    expect(newest.getByText('20 Nov 2026, 03:30', { exact: false })).toBeVisible();
    expect(newest.getByText('1,240')).toBeVisible();
    expect(newest.getByText('Manual')).toBeVisible();
    expect(newest.getByText('Before the clean-up of old laptops')).toBeVisible();
    expect(newest.getByRole('img', { name: /57 issues have objects of this schema selected/ })).toBeVisible();
    const second = within(await row(26));
    expect(second.getByText('310 of 1,233')).toBeVisible();
    expect(second.getByText('Scheduled')).toBeVisible();
  });

  it('cannot be selected while they are not restorable, and say why', async () => {
    const { router, user } = show();
    const failed = within(await row(24)).getByRole('button', { name: 'Select backup 24' });
    expect(failed).toBeDisabled();
    expect(failed).toHaveAccessibleDescription('It is not complete.');
    await user.click(within(await row(27)).getByRole('button', { name: 'Select backup 27' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/restore/b4'));
  });

  it('that ended before their end do not look as if more of them were to come', async () => {
    const restores = new FakeRestores();
    const phases = [{ name: 'objects', state: 'running', done: 3, total: 9, failed: 0 }, { name: 'history', state: 'running', done: 1, total: 9, failed: 0 }, { name: 'issues', state: 'pending', done: 0, total: 0, failed: 0 }];
    restores.backups = [aBackup({ id: 'b1', number: 1, state: 'terminated', restorable: false, phases })];
    show('/schemas/s1/backups', restores);
    const cells = within(await row(1));
    expect(cells.getByText('Terminated')).toBeVisible();
    expect(cells.getAllByText('Not backed up')).toHaveLength(2);
    expect(cells.queryByText(/Pending|In progress/)).not.toBeInTheDocument();
  });

  it('come in pages of 20', async () => {
    const { user } = show();
    await table();
    expect(rows()).toHaveLength(20);
    await user.click(screen.getByRole('button', { name: 'Next' }));
    await waitFor(() => expect(rows()).toHaveLength(8));
    expect(screen.getByText('21–28 of 28')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Previous' }));
    expect(await row(28)).toBeVisible();
  });

  it('are filtered by days of the calendar of the user, which stay in the address', async () => {
    const asked: URLSearchParams[] = [];
    const restores = FakeRestores.example();
    server.use(...restores.handlers(API), ...FakeStowage.example().handlers(API));
    server.use(
      http.get(`${API}/schemas/:id/backups`, ({ request }) => {
        asked.push(new URL(request.url).searchParams);
        return undefined;
      }),
    );
    const { user, router } = showApp('/schemas/s1/backups?from=2026-11-18&to=2026-11-19');
    await table();
    expect(rows()).toHaveLength(2);
    expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({ from: '2026-11-17T23:00:00.000Z', to: '2026-11-19T23:00:00.000Z', limit: '20' });
    await user.click(screen.getByRole('button', { name: 'Clear Filter' }));
    await waitFor(() => expect(router.state.location.search).toEqual({}));
    expect(await row(27)).toBeVisible();
  });

  it('tell that only the latest 50 are shown until days are chosen', async () => {
    const restores = new FakeRestores();
    restores.backups = Array.from({ length: 60 }, (_, i) => aBackup({ id: `b${i}`, number: 60 - i, createdAt: '2026-11-20T02:30:00Z' }));
    show('/schemas/s1/backups', restores);
    expect(await screen.findByText(/These are the latest 50 backups/)).toBeVisible();
    expect(screen.getByText('1–20 of 50')).toBeVisible();
  });

  it('can be described anew', async () => {
    const { user, restores, host } = show();
    await user.click(within(await row(27)).getByRole('button', { name: 'More actions for backup 27' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Edit' }));
    const field = await screen.findByLabelText('Description');
    await user.clear(field);
    await user.type(field, 'Golden copy ');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(await within(await row(27)).findByText('Golden copy')).toBeVisible();
    expect(restores.backups.find((b) => b.number === 27)?.description).toBe('Golden copy');
    expect(host.flag).toHaveBeenCalledWith(expect.objectContaining({ kind: 'success' }));
  });

  it('are deleted only with the name of the schema typed', async () => {
    const { user, restores } = show();
    await user.click(within(await row(23)).getByRole('button', { name: 'More actions for backup 23' }));
    await user.click(await screen.findByRole('menuitem', { name: 'Delete' }));
    const dialog = within(await screen.findByRole('dialog'));
    const yes = dialog.getByRole('button', { name: 'Delete backup' });
    expect(yes).toBeDisabled();
    await user.type(dialog.getByLabelText('Schema name'), 'IT Service');
    expect(yes).toBeDisabled();
    expect(restores.backups.find((b) => b.number === 23)?.state).toBe('complete');
    await user.type(dialog.getByLabelText('Schema name'), ' Management');
    await user.click(yes);
    expect(await within(await row(23)).findByText('Deleting')).toBeVisible();
  });

  it('show the one that is being made, and stop it after a question', async () => {
    const { user, restores } = show();
    await table();
    expect(screen.getByRole('progressbar', { name: 'Backup 28: 56%' })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'STOP backup 28' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/stays unfinished and cannot be restored/)).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Stop' }));
    await waitFor(() => expect(restores.stopped).toEqual(['run-b-now']));
    expect(await within(await row(28)).findByText('Terminated')).toBeVisible();
  });

  it('offer a first backup where there is none', async () => {
    show('/schemas/s2/backups');
    expect(await screen.findByRole('heading', { name: 'No backups yet' })).toBeVisible();
    expect(screen.getByRole('button', { name: 'Backup now' })).toBeEnabled();
  });

  it('of a schema that was deleted from Assets can be restored', async () => {
    const restores = new FakeRestores();
    restores.backups = [aBackup({ schemaId: 's5', number: 1 })];
    show('/schemas/s5/backups', restores);
    expect(await screen.findByText('This schema was deleted from Assets')).toBeVisible();
    expect(await screen.findByRole('button', { name: 'Select backup 1' })).toBeEnabled();
    expect(screen.getByRole('button', { name: 'Backup now' })).toBeDisabled();
  });

  it('that cannot be read say so and can be asked for again', async () => {
    server.use(...FakeRestores.example().handlers(API), ...FakeStowage.example().handlers(API));
    server.use(http.get(`${API}/schemas/:id/backups`, () => problem(503, 'unavailable', 'The database is restarting.'), { once: true }));
    const { user } = showApp('/schemas/s1/backups');
    expect(await screen.findByText('The database is restarting.')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await row(27)).toBeVisible();
  });

  it('of a schema that is not there any more lead back to the list', async () => {
    server.use(...FakeRestores.example().handlers(API), ...FakeStowage.example().handlers(API));
    showApp('/schemas/nope/backups');
    expect(await screen.findByText('This is not here any more')).toBeVisible();
    expect(within(screen.getByRole('main')).getByRole('link', { name: 'Schemas' })).toBeVisible();
  });
});
