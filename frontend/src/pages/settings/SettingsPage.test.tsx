import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { FakeStowage } from '../../mock/fake';
import { API, showApp } from '../../test/render';
import { server } from '../../test/server';

function show(fake = FakeStowage.example()) {
  server.use(...fake.handlers(API));
  return { fake, ...showApp('/settings') };
}

describe('the configuration', () => {
  it('can be changed without giving the token again', async () => {
    const { user, fake, host } = show();
    const email = await screen.findByLabelText(/^Email/);
    expect(await screen.findByLabelText(/^API Token/)).toHaveValue('');
    expect(screen.getByLabelText(/^API Token/)).toHaveAccessibleDescription(/keep the stored token, which ends in k3Zt/);
    await user.clear(email);
    await user.type(email, 'other@acme.example');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(host.flag).toHaveBeenCalledWith(expect.objectContaining({ title: 'Configuration saved' })));
    expect(fake.connection).toMatchObject({ email: 'other@acme.example', tokenHint: 'k3Zt' });
  });

  it('takes a new token and forgets it at once', async () => {
    const { user, fake } = show();
    await user.type(await screen.findByLabelText(/^API Token/), 'a-new-token-9Zz9');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(fake.connection?.tokenHint).toBe('9Zz9'));
    await waitFor(() => expect(screen.getByLabelText(/^API Token/)).toHaveValue(''));
  });

  it('shows where backups lie, the licence and the version', async () => {
    show();
    expect(await screen.findByRole('heading', { name: 'Cloud (EU, Germany)' })).toBeVisible();
    expect(screen.getByText('Active')).toBeVisible();
    expect(screen.getByText('1.0.0')).toBeVisible();
  });

  it('deletes the connection after a question', async () => {
    const { user, fake } = show();
    await user.click(await screen.findByRole('button', { name: 'Delete connection' }));
    await user.click(await screen.findByRole('button', { name: 'Delete' }));
    expect(await screen.findByRole('heading', { name: 'Initial setup' })).toBeVisible();
    expect(fake.connection).toBeNull();
  });
});
