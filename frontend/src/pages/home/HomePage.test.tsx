import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { describe, expect, it } from 'vitest';
import { aSession, FakeStowage, problem } from '../../mock/fake';
import { API, showApp } from '../../test/render';
import { server } from '../../test/server';

function show(fake = FakeStowage.example()) {
  server.use(...fake.handlers(API), http.get(`${API}/restores`, () => HttpResponse.json({ items: [], total: 0 })));
  return { fake, ...showApp('/') };
}

async function choose(user: ReturnType<typeof show>['user'], item: string) {
  await user.click(await screen.findByRole('button', { name: 'More actions for the connection' }));
  await user.click(await screen.findByRole('menuitem', { name: item }));
}

describe('the home page', () => {
  it('shows the current connection without the token, and the history', async () => {
    show();
    const box = within(await screen.findByRole('region', { name: 'Current Connection' }));
    expect(await box.findByText('Ada Admin (admin@acme.example)')).toBeVisible();
    expect(box.getByText('3b3b70a5-66f8-3c01-a2d7-e5bbf2584dc3')).toBeVisible();
    expect(box.getByText('k3Zt')).toBeVisible();
    expect(box.getByText('Cloud (EU, Germany)')).toBeVisible();
    expect(box.queryByText('Attachments status')).not.toBeInTheDocument();
    expect(screen.getByRole('heading', { name: 'History' })).toBeVisible();
  });

  it('says that attachments are part of it, where they are', async () => {
    const fake = FakeStowage.example();
    fake.session = aSession({ features: { ...aSession().features, attachments: true } });
    show(fake);
    expect(await screen.findByText('Attachments status')).toBeVisible();
  });

  it('leads from the menu to the forms', async () => {
    const { user, router } = show();
    await choose(user, 'Add new target instance');
    expect(await screen.findByRole('dialog', { name: 'Add new target instance' })).toBeVisible();
    await router.navigate({ to: '/' });
    await choose(user, 'List of target instances');
    expect(await screen.findByRole('table', { name: 'Target instances' })).toBeVisible();
    await router.navigate({ to: '/' });
    await choose(user, 'Edit configuration');
    expect(await screen.findByRole('heading', { name: 'Edit configuration' })).toBeVisible();
  });

  it('syncs the schemas and says when that is done', async () => {
    const { user, host } = show();
    await user.click(await screen.findByRole('button', { name: 'Sync schemas' }));
    expect(await screen.findByRole('progressbar', { name: 'Syncing schemas' })).toBeVisible();
    await waitFor(() => expect(host.flag).toHaveBeenCalledWith(expect.objectContaining({ title: 'Schemas synced' })));
    expect(screen.queryByRole('progressbar')).not.toBeInTheDocument();
  });

  it('says why a sync cannot be started', async () => {
    const { user } = show();
    server.use(http.post(`${API}/sync`, () => problem(409, 'running', 'A sync is under way already. Wait until it has ended.')));
    await user.click(await screen.findByRole('button', { name: 'Sync schemas' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('A sync is under way already. Wait until it has ended.');
  });

  it('says when the stored credentials stopped working, and where to change them', async () => {
    const fake = FakeStowage.example();
    if (fake.connection) fake.connection.checkError = 'The site does not accept the token any more. Put in a new one.';
    show(fake);
    expect(await screen.findByText(/does not accept the token any more/)).toBeVisible();
    expect(screen.getByRole('link', { name: 'Edit configuration' })).toHaveAttribute('href', '/settings');
  });

  it('deletes the connection after a question, and begins the set-up again', async () => {
    const { user, fake } = show();
    await choose(user, 'Delete');
    const dialog = within(await screen.findByRole('dialog', { name: 'Delete the current connection?' }));
    expect(dialog.getByText(/Backups are kept/)).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Delete' }));
    expect(await screen.findByRole('heading', { name: 'Initial setup' })).toBeVisible();
    expect(fake.connection).toBeNull();
  });

  it('leads home from the name of the app', async () => {
    const { user, router } = show();
    await user.click(await screen.findByRole('link', { name: 'Settings' }));
    await screen.findByRole('heading', { name: 'Edit configuration' });
    await user.click(screen.getByRole('link', { name: 'Stowage, home page' }));
    expect(await screen.findByRole('heading', { name: 'Current Connection' })).toBeVisible();
    expect(router.state.location.pathname).toBe('/');
  });

  it('shows what the licence has to say on every page', async () => {
    const fake = FakeStowage.example();
    fake.session = aSession({ licence: { state: 'evaluation', canRun: true, notice: 'The trial ends in 5 days.' } });
    show(fake);
    expect(await screen.findByText('The trial ends in 5 days.')).toBeVisible();
  });
});

describe('the frame of the app', () => {
  it('says that only Jira administrators come in', async () => {
    server.use(http.get(`${API}/session`, () => problem(403, 'forbidden', '')));
    showApp('/');
    expect(await screen.findByRole('alert')).toHaveTextContent('Only Jira administrators can use Stowage');
  });

  it('shows nothing more to somebody who lost the right while a page was open', async () => {
    const fake = FakeStowage.example();
    server.use(...fake.handlers(API));
    const { user } = showApp('/schemas');
    await screen.findByRole('link', { name: 'IT Service Management' });
    for (const path of ['session', 'schemas', 'targets']) server.use(http.get(`${API}/${path}`, () => problem(403, 'forbidden', 'Only administrators.')));
    await user.click(screen.getByRole('link', { name: 'Target instances' }));
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Schemas' })).not.toBeInTheDocument());
    expect(screen.getByRole('alert')).toHaveTextContent('Only Jira administrators can use Stowage');
  });

  it('says that the service cannot be reached, and asks again when told to', async () => {
    const fake = FakeStowage.example();
    server.use(...fake.handlers(API), http.get(`${API}/restores`, () => HttpResponse.json({ items: [], total: 0 })));
    server.use(http.get(`${API}/session`, () => HttpResponse.error(), { once: true }));
    const { user } = showApp('/');
    expect(await screen.findByRole('alert')).toHaveTextContent('No answer came from the service. Check your connection, then try again.');
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('heading', { name: 'Current Connection' })).toBeVisible();
  });

  it('shows a page for addresses that lead nowhere', async () => {
    server.use(...FakeStowage.example().handlers(API));
    showApp('/nowhere');
    expect(await screen.findByRole('heading', { name: 'Page not found' })).toBeVisible();
  });
});
