import { screen, waitFor } from '@testing-library/react';
import { http } from 'msw';
import { describe, expect, it } from 'vitest';
import { FakeStowage, problem } from '../../mock/fake';
import { API, showApp } from '../../test/render';
import { server } from '../../test/server';

function show(fake = FakeStowage.empty(), address = '/setup') {
  server.use(...fake.handlers(API));
  const asked: string[] = [];
  server.events.removeAllListeners();
  server.events.on('request:start', ({ request }) => void asked.push(`${request.method} ${new URL(request.url).pathname}`));
  return { asked, ...showApp(address) };
}

const email = () => screen.findByLabelText(/^Email/);
const token = () => screen.findByLabelText(/^API Token/);
const workspace = () => screen.findByLabelText(/^Workspace ID/);

describe('the initial set-up', () => {
  it('is where a site without a connection lands, whatever the address', async () => {
    const { router } = show(FakeStowage.empty(), '/schemas');
    expect(await screen.findByRole('heading', { name: 'Initial setup' })).toBeVisible();
    expect(router.state.location.pathname).toBe('/setup');
    expect(screen.queryByRole('link', { name: 'Schemas' })).not.toBeInTheDocument();
    expect(screen.getByRole('listitem', { current: 'step' })).toHaveTextContent('Credentials');
  });

  it('says below each field what is missing, and sends nothing', async () => {
    const { user } = show();
    await email();
    await user.click(screen.getByRole('button', { name: 'Save and Continue' }));
    expect(await screen.findByText('Enter the email of the account that Stowage shall use.')).toBeVisible();
    expect(await email()).toHaveAccessibleDescription(/Enter the email/);
    expect(await token()).toHaveAccessibleDescription(/Paste an API token/);
    expect(await workspace()).toHaveAccessibleDescription(/let Stowage find it/);
    expect(await email()).toHaveFocus();
  });

  it('finds the workspace once it knows the email and the token', async () => {
    const { user } = show();
    await user.click(await screen.findByRole('button', { name: 'Find it for me' }));
    expect(await email()).toHaveAccessibleDescription(/Enter the email/);
    await user.type(await email(), 'admin@acme.example');
    await user.type(await token(), 'secret');
    await user.click(screen.getByRole('button', { name: 'Find it for me' }));
    await waitFor(async () => expect(await workspace()).toHaveValue('3b3b70a5-66f8-3c01-a2d7-e5bbf2584dc3'));
  });

  it('tries the credentials while they are typed, and fills in the workspace', async () => {
    const { user } = show();
    await user.type(await email(), 'admin@acme.example');
    await user.type(await token(), 'secret');
    await user.tab();
    expect(await screen.findByText('These work: acme.atlassian.net knows this account as Ada Admin.')).toBeVisible();
    expect(await workspace()).toHaveValue('3b3b70a5-66f8-3c01-a2d7-e5bbf2584dc3');
  });

  it('tries a workspace that was typed when Tab leads on to the button beside it', async () => {
    const { user } = show();
    await user.type(await email(), 'admin@acme.example');
    await user.type(await token(), 'secret');
    await user.type(await workspace(), 'wrong');
    await user.tab();
    expect(screen.getByRole('button', { name: 'Find it for me' })).toHaveFocus();
    await waitFor(async () => expect(await workspace()).toHaveAccessibleDescription(/not the workspace of acme/));
  });

  it('puts what the site says about a field below it, with a link to put it right, until the field is changed', async () => {
    const { user, host } = show();
    await user.type(await email(), 'admin@acme.example');
    await user.type(await token(), 'wrong');
    await user.type(await workspace(), 'wrong');
    await user.click(screen.getByRole('button', { name: 'Save and Continue' }));
    expect(await screen.findByText(/does not accept this token/)).toBeVisible();
    expect(await token()).toBeInvalid();
    expect(await token()).toHaveFocus();
    expect(await workspace()).toHaveAccessibleDescription(/not the workspace of acme/);
    expect(await email()).not.toHaveAccessibleDescription(/token/i);
    await user.click(screen.getByRole('link', { name: /Put it right/ }));
    expect(host.openExternal).toHaveBeenCalledWith('https://id.atlassian.com/manage-profile/security/api-tokens');
    await user.type(await token(), '2');
    expect(screen.queryByText(/does not accept this token/)).not.toBeInTheDocument();
  });

  it('shows a failure that belongs to no field, with what to do next', async () => {
    const { user } = show();
    server.use(http.put(`${API}/connection`, () => problem(409, 'workspace-elsewhere', 'This site has no Assets. It comes with the Premium plan of Jira Service Management.')));
    await user.type(await email(), 'admin@acme.example');
    await user.type(await token(), 'secret');
    await user.type(await workspace(), 'w');
    await user.click(screen.getByRole('button', { name: 'Save and Continue' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('This site has no Assets. It comes with the Premium plan');
  });

  it('goes through all three steps and ends at the schemas', async () => {
    const { user, host, router, asked } = show();
    await user.type(await email(), 'admin@acme.example');
    await user.type(await token(), 'secret');
    await user.click(screen.getByRole('button', { name: 'Find it for me' }));
    await waitFor(async () => expect(await workspace()).not.toHaveValue(''));
    await user.click(screen.getByRole('button', { name: 'Save and Continue' }));

    expect(await screen.findByRole('heading', { name: 'Backup storage' })).toBeVisible();
    expect(await screen.findByText('Credentials saved. Stowage now works as Ada Admin.')).toBeVisible();
    expect(screen.getByText('Cloud (EU, Germany)')).toBeVisible();
    expect(screen.getByText(/encrypted at rest/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Save and Continue' }));

    expect(await screen.findByRole('heading', { name: 'Sync Schemas' })).toBeVisible();
    expect(host.flag).not.toHaveBeenCalled();
    expect(await screen.findByText('Cloud (EU, Germany)')).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Sync schemas' }));
    expect(await screen.findByRole('progressbar', { name: 'Syncing schemas' })).toBeVisible();
    expect(await screen.findByRole('table', { name: 'Synced schemas' })).toBeVisible();
    expect(router.state.location.pathname).toBe('/schemas');
    expect(host.flag).toHaveBeenCalledOnce();
    expect(asked).not.toContain('GET /api/v1/restores');
  });

  it('asks for nothing that is not there before the set-up', async () => {
    const { asked } = show(FakeStowage.empty(), '/');
    await screen.findByRole('heading', { name: 'Initial setup' });
    expect(new Set(asked)).toEqual(new Set(['GET /api/v1/session']));
  });

  it('goes back to a step that is done without asking for the token again', async () => {
    const fake = FakeStowage.example();
    fake.session = { ...fake.session, setup: { step: 'storage' } };
    const { user } = show(fake);
    await user.click(await screen.findByRole('button', { name: 'Back' }));
    expect(await email()).toHaveValue('admin@acme.example');
    expect(await token()).toHaveValue('');
    await user.click(screen.getByRole('button', { name: 'Save and Continue' }));
    expect(await screen.findByRole('heading', { name: 'Backup storage' })).toBeVisible();
  });
});
