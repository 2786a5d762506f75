import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { FakeStowage } from '../../mock/fake';
import { API, showApp } from '../../test/render';
import { server } from '../../test/server';

function show(address = '/targets', fake = FakeStowage.example()) {
  server.use(...fake.handlers(API));
  return { fake, ...showApp(address) };
}

const row = async (name: string) => (await screen.findByRole('rowheader', { name: new RegExp(`^${name}`) })).closest('tr') as HTMLElement;

describe('the target instances', () => {
  it('are listed with location and date, without their tokens', async () => {
    show();
    const globex = within(await row('globex globex.atlassian.net'));
    expect(globex.getByText('Cloud')).toBeVisible();
    expect(globex.getByText('2 Oct 2026, 10:15')).toBeVisible();
    expect(screen.queryByText(/x7Qa/)).not.toBeInTheDocument();
  });

  it('can be added, with the workspace looked up', async () => {
    const { user, fake, host } = show();
    await user.click(await screen.findByRole('button', { name: 'Add new' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Add new target instance' }));
    await user.type(dialog.getByLabelText(/^Connection name/), 'umbrella');
    await user.type(dialog.getByLabelText(/^Target Instance URL/), 'https://umbrella.atlassian.net');
    await user.type(dialog.getByLabelText(/^Target Email/), 'admin@umbrella.example');
    await user.type(dialog.getByLabelText(/^Target Token/), 'secret');
    await user.tab();
    expect(await dialog.findByText('These work: the site knows this account as Grace Globex.')).toBeVisible();
    expect(dialog.getByLabelText(/^Target Workspace ID/)).toHaveValue('9d1c70a5-66f8-3c01-a2d7-e5bbf2584dc3');
    await user.click(dialog.getByRole('button', { name: 'Save target instance' }));
    expect(await row('umbrella')).toBeVisible();
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
    expect(host.flag).toHaveBeenCalledWith(expect.objectContaining({ title: 'Target instance added', body: 'umbrella' }));
    expect(fake.targets.at(-1)).toMatchObject({ name: 'umbrella', email: 'admin@umbrella.example' });
  });

  it.each([
    ['globex.atlassian.net', /must begin with “https:\/\/”/],
    ['http://globex.atlassian.net', /must begin with “https:\/\/”/],
    ['https://', /not an address/],
    ['https://localhost', /leads back to this machine/],
    ['https://globex.localtest.me', /leads back to this machine/],
    ['https://127.0.0.1', /leads back to this machine/],
  ])('do not take the address %s, and say so beside the field', async (url, reason) => {
    const { user } = show('/targets?add=true');
    const field = await screen.findByLabelText(/^Target Instance URL/);
    await user.type(field, url);
    await user.click(screen.getByRole('button', { name: 'Save target instance' }));
    await waitFor(() => expect(field).toHaveAccessibleDescription(reason));
    expect(field).toBeInvalid();
  });

  it('may be on this machine where the site itself is, as in the demo', async () => {
    const fake = FakeStowage.example();
    fake.session = { ...fake.session, tenant: { ...fake.session.tenant, siteUrl: 'http://127.0.0.1:9090/sites/acme' } };
    const { user } = show('/targets?add=true', fake);
    const field = await screen.findByLabelText(/^Target Instance URL/);
    await user.type(field, 'http://127.0.0.1:9090/sites/globex');
    await user.click(screen.getByRole('button', { name: 'Save target instance' }));
    await waitFor(() => expect(screen.getByLabelText(/^Connection name/)).toBeInvalid());
    expect(field).toBeValid();
    await user.clear(field);
    await user.type(field, 'http://globex.atlassian.net');
    await waitFor(() => expect(field).toHaveAccessibleDescription(/must begin with “https:\/\/”/));
  });

  it('show beside the field what the other site says, as soon as it is filled in', async () => {
    const { user } = show('/targets?add=true');
    await user.type(await screen.findByLabelText(/^Target Instance URL/), 'https://nowhere.example');
    await user.type(screen.getByLabelText(/^Target Email/), 'admin@globex.example');
    await user.type(screen.getByLabelText(/^Target Token/), 'wrong');
    await user.tab();
    await waitFor(() => expect(screen.getByLabelText(/^Target Instance URL/)).toHaveAccessibleDescription(/No site answers at this address/));
    expect(screen.getByLabelText(/^Target Token/)).toHaveAccessibleDescription(/does not accept this token/);
  });

  it('are changed without their token, which is never shown', async () => {
    const { user, fake } = show();
    await user.click(within(await row('globex sandbox')).getByRole('button', { name: 'Edit' }));
    const dialog = within(await screen.findByRole('dialog', { name: 'Edit target instance' }));
    expect(dialog.getByLabelText(/^Target Token/)).toHaveValue('');
    const name = dialog.getByLabelText(/^Connection name/);
    await user.clear(name);
    await user.type(name, 'sandbox');
    await user.click(dialog.getByRole('button', { name: 'Save target instance' }));
    expect(await row('sandbox')).toBeVisible();
    expect(fake.targets[1]).toMatchObject({ name: 'sandbox', tokenHint: 'x7Qa' });
  });

  it('are deleted after a question that says what becomes of their schemas', async () => {
    const { user, fake } = show();
    await user.click(within(await row('globex sandbox')).getByRole('button', { name: 'Delete' }));
    const dialog = within(await screen.findByRole('dialog'));
    expect(dialog.getByText(/become Inactive/)).toBeVisible();
    await user.click(dialog.getByRole('button', { name: 'Delete' }));
    await waitFor(() => expect(screen.queryByRole('rowheader', { name: /sandbox/ })).not.toBeInTheDocument());
    expect(fake.targets).toHaveLength(1);
  });

  it('say what they are for while there are none', async () => {
    const { user } = show('/targets', new FakeStowage());
    expect(await screen.findByRole('heading', { name: 'There are no target instances yet' })).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Add new' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).not.toBeInTheDocument());
  });
});
