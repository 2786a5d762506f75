import { screen, waitFor, within } from '@testing-library/react';
import { http } from 'msw';
import { describe, expect, it } from 'vitest';
import { FakeStowage, problem } from '../../mock/fake';
import { FakeRestores } from '../../mock/restores';
import { API, showApp } from '../../test/render';
import { server } from '../../test/server';

function show(address = '/restore/b4', change: (fake: FakeStowage, restores: FakeRestores) => void = () => undefined) {
  const fake = FakeStowage.example();
  const restores = FakeRestores.example();
  change(fake, restores);
  server.use(...restores.handlers(API), ...fake.handlers(API));
  return { fake, restores, ...showApp(address) };
}

/** For the tests that walk through all steps: machines may be busy. */
const SLOW = 60_000;

const step = (name: string) => screen.findByRole('heading', { level: 2, name });
const next = () => screen.getByRole('button', { name: 'Continue' });

describe('the restore wizard', () => {
  it('restores a backup into a new schema of the current instance', async () => {
    const { user, router, restores } = show();
    await step('Destination');
    const aside = within(screen.getByRole('complementary', { name: 'Selected backup' }));
    expect(aside.getByText('IT Service Management (ITSM)')).toBeVisible();
    expect(aside.getByText('1,240')).toBeVisible();

    // What most people want is chosen and named already.
    expect(screen.getByRole('radio', { name: 'Current instance, new schema' })).toBeChecked();
    await user.click(next());

    await step('Target');
    expect(screen.getByLabelText(/Schema name/)).toHaveValue('IT Service Management restored');
    const key = screen.getByLabelText(/Schema key/);
    expect(key).toHaveValue('ITSMR');
    await user.clear(key);
    await user.type(key, 'hr');
    expect(key).toHaveValue('HR');
    expect(await screen.findByText(/A schema with this key exists/)).toBeVisible();
    await user.click(next());
    await waitFor(() => expect(key).toHaveFocus());
    expect(router.state.location.search).toEqual({ step: 'target' });
    await user.type(key, '2');
    await user.click(next());

    await step('Options');
    expect(screen.queryByRole('checkbox', { name: /global custom icons/ })).toBeNull();
    await user.click(screen.getByRole('checkbox', { name: 'Restore object history' }));
    await user.click(next());

    await step('Review');
    expect(await screen.findByRole('heading', { name: 'What is created' })).toBeVisible();
    expect(restores.wishes).toEqual([
      { backupId: 'b4', destination: 'current', schemaName: 'IT Service Management restored', schemaKey: 'HR2', icons: false, history: true, users: 'all-or-nothing', matchUsers: 'name' },
    ]);
    expect(screen.getByRole('heading', { name: '12 object types with 1,240 objects' })).toBeVisible();
    expect(screen.getByRole('heading', { name: 'Predicted failures: 3 objects' })).toBeVisible();
    expect(screen.getByText(/Shorten these values or change the attribute to Text Area/)).toBeVisible();
    await user.click(screen.getByText('3 of 17 cases'));
    expect(screen.getByText('ITSM-19')).toBeVisible();

    await user.click(screen.getByRole('button', { name: 'Restore' }));
    await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/restores\/r-new/));
    expect(sessionStorage.getItem('stowage.restore.b4')).toBeNull();
  }, SLOW);

  it('goes on where it was after a refresh, without another plan', async () => {
    const first = show();
    await step('Destination');
    await first.user.click(screen.getByRole('radio', { name: 'Current instance, new schema' }));
    await first.user.click(next());
    await step('Target');
    await first.user.click(next());
    await step('Options');
    await first.user.click(next());
    await step('Review');
    await screen.findByRole('heading', { name: 'What is created' });
    first.unmount();

    server.use(...first.restores.handlers(API), ...first.fake.handlers(API));
    showApp('/restore/b4?step=review');
    await step('Review');
    expect(await screen.findByRole('heading', { name: 'What is created' })).toBeVisible();
    expect(screen.getByText('IT Service Management restored')).toBeVisible();
    expect(first.restores.wishes).toHaveLength(1);
  });

  it('suggests a name and a key that are free', async () => {
    const { user } = show('/restore/b4', (_fake, restores) => {
      restores.inUse = { names: ['it service management RESTORED'], keys: ['ITSM', 'ITSMR2'] };
    });
    await step('Destination');
    await user.click(next());
    await step('Target');
    expect(screen.getByLabelText(/Schema name/)).toHaveValue('IT Service Management restored 3');
    expect(screen.getByLabelText(/Schema key/)).toHaveValue('ITSMR3');
  });

  it('does not leave the target before it is known whether the name is in use', async () => {
    sessionStorage.setItem('stowage.restore.b4', JSON.stringify({ ...draft(), schemaName: 'human resources' }));
    const { user, router } = show('/restore/b4?step=target');
    await step('Target');
    await user.click(next());
    expect(await screen.findByText(/A schema of this name exists/)).toBeVisible();
    await waitFor(() => expect(screen.getByLabelText(/Schema name/)).toHaveFocus());
    expect(router.state.location.search).toEqual({ step: 'target' });
  });

  it('leaves it to the plan when nobody says which names are in use', async () => {
    const { user } = show('/restore/b4');
    server.use(http.get(`${API}/schemas/names`, () => problem(500, 'internal', 'Something went wrong.')));
    await step('Destination');
    await user.click(next());
    await step('Target');
    expect(screen.getByLabelText(/Schema name/)).toHaveValue('IT Service Management restored');
    await user.click(next());
    await step('Options');
  });

  it('never shows a step behind an unfinished one', async () => {
    const { router } = show('/restore/b4?step=review');
    await step('Destination');
    await waitFor(() => expect(router.state.location.search).toEqual({ step: 'destination' }));
  });

  it('migrates chosen object types to another instance that is added in place', async () => {
    const { user, restores, router } = show();
    await step('Destination');
    await user.click(screen.getByRole('radio', { name: 'On another instance' }));
    await user.click(next());
    await step('Target');
    expect(screen.getByLabelText(/Schema name/)).toHaveValue('IT Service Management');
    await user.click(next());
    expect(await screen.findByText('Choose the target instance, or add a new one.')).toBeVisible();

    await user.click(screen.getByLabelText(/^Target instance/));
    expect(await screen.findByText('https://globex-sandbox.atlassian.net')).toBeVisible();
    await user.click(screen.getByText('New target instance'));
    const form = within(await screen.findByRole('region', { name: 'New target instance' }));
    await user.type(form.getByLabelText(/Connection name/), 'initech');
    await user.type(form.getByLabelText(/Target Instance URL/), 'https://initech.atlassian.net');
    await user.type(form.getByLabelText(/Target Email/), 'peter@initech.example');
    await user.type(form.getByLabelText(/Target Token/), 'secret-token');
    await user.click(form.getByRole('button', { name: 'Save target instance' }));
    expect(await screen.findByText('https://initech.atlassian.net')).toBeVisible();
    await user.click(next());

    await step('Options');
    await user.click(screen.getByRole('checkbox', { name: 'Restore specific Object Types' }));
    await user.click(next());
    expect(await screen.findByText('Select at least one object type, or restore them all.')).toBeVisible();
    await user.click(screen.getByRole('checkbox', { name: 'Laptop, 412 objects' }));
    expect(screen.getByText('3 of 12 object types selected, 464 of 1,240 objects')).toBeVisible();
    expect(screen.getByRole('checkbox', { name: 'Hardware, 12 objects' })).toBePartiallyChecked();
    await user.click(screen.getByRole('button', { name: 'Collapse all object types' }));
    expect(screen.queryByRole('checkbox', { name: /^Laptop/ })).toBeNull();
    await user.click(screen.getByRole('checkbox', { name: 'Restore with Object Type global custom icons' }));
    await user.click(next());

    await step('Review');
    await screen.findByRole('heading', { name: 'What is created' });
    expect(restores.wishes[0]).toMatchObject({ destination: 'instance', targetId: 'target-new-1', schemaKey: 'ITSM', objectTypes: ['20', '21', '22'], icons: true });
    await user.click(screen.getByRole('button', { name: 'Migrate' }));
    await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/restores\//));
  }, SLOW);

  it('offers only what the installation can do', async () => {
    show('/restore/b4', (fake) => {
      fake.session = { ...fake.session, features: { ...fake.session.features, instances: false } };
    });
    await step('Destination');
    expect(screen.getAllByRole('radio')).toHaveLength(1);
  });

  it('waits for the history of the objects, and says how long', async () => {
    sessionStorage.setItem('stowage.restore.b-old-1', JSON.stringify(draft()));
    show('/restore/b-old-1?step=options');
    await step('Options');
    const history = screen.getByRole('checkbox', { name: 'Restore object history' });
    expect(history).toBeDisabled();
    expect(history).not.toBeChecked();
    expect(history).toHaveAccessibleDescription(/310 of 1,233 objects\. It takes about 7 minutes after the objects \(5 minutes plus 1 per 1,000 objects\)/);
  });

  it('makes a plan again that went stale, and explains it', async () => {
    sessionStorage.setItem('stowage.restore.b4', JSON.stringify(draft()));
    let refused = false;
    const { user, restores, router } = show('/restore/b4?step=review', (_fake, r) => {
      r.onRestore = () => {
        if (refused) return null;
        refused = true;
        return problem(409, 'plan-stale', 'The plan does not fit any more.');
      };
    });
    await user.click(await screen.findByRole('button', { name: 'Restore' }));
    await waitFor(() => expect(screen.getByRole('button', { name: 'Restore' })).toBeEnabled());
    await user.click(screen.getByRole('button', { name: 'Restore' }));
    expect(await screen.findByText(/changed since this restore was planned\. Nothing was written/)).toBeVisible();
    await waitFor(() => expect(screen.getByRole('button', { name: 'Restore' })).toBeEnabled());
    expect(restores.wishes).toHaveLength(2);
    await user.click(screen.getByRole('button', { name: 'Restore' }));
    await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/restores\//));
  });

  it('makes a plan again that is not kept any more', async () => {
    const kept = draft();
    const wish = { backupId: 'b4', destination: 'current', schemaName: kept.schemaName, schemaKey: kept.schemaKey, icons: false, history: true, users: 'all-or-nothing', matchUsers: 'name' };
    sessionStorage.setItem('stowage.restore.b4', JSON.stringify({ ...kept, planId: 'p-yesterday', planFor: JSON.stringify(wish) }));
    const { restores } = show('/restore/b4?step=review');
    expect(await screen.findByText(/earlier plan was too old/)).toBeVisible();
    expect(restores.wishes).toEqual([wish]);
  });

  it('says why a plan cannot be made, and where to put it right', async () => {
    sessionStorage.setItem('stowage.restore.b4', JSON.stringify(draft()));
    const { user } = show('/restore/b4?step=review', () => undefined);
    server.use(http.get(`${API}/plans/:id`, () => Response.json({ id: 'p1', backupId: 'b4', state: 'failed', message: 'A schema with the key ITSMR exists on acme.atlassian.net.' })));
    expect(await screen.findByText('A schema with the key ITSMR exists on acme.atlassian.net.')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Restore' })).toBeDisabled();
    await user.click(screen.getByRole('button', { name: 'Change the target' }));
    await step('Target');
  });

  it('starts nothing without a licence and plans nothing, but shows what was chosen', async () => {
    sessionStorage.setItem('stowage.restore.b4', JSON.stringify(draft()));
    const asked: string[] = [];
    show('/restore/b4?step=review', (fake) => {
      fake.session = { ...fake.session, licence: { state: 'expired', canRun: false, notice: 'The licence has expired.' } };
    });
    server.use(
      http.post(`${API}/plans`, () => {
        asked.push('a plan');
        return problem(403, 'licence', 'The licence has expired.');
      }),
    );
    expect(await screen.findByText(/New restores need an active licence/)).toBeVisible();
    expect(screen.getByText('Selected details')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Restore' })).toBeDisabled();
    expect(screen.queryByText('Making the plan')).not.toBeInTheDocument();
    expect(asked).toEqual([]);
  });

  it('does not begin with a backup that cannot be restored', async () => {
    show('/restore/b-old-3');
    expect(await screen.findByText('This backup cannot be restored')).toBeVisible();
    expect(screen.getByText('It is not complete.')).toBeVisible();
    expect(screen.getByRole('link', { name: 'Choose another backup' })).toBeVisible();
  });
});

function draft() {
  return {
    destination: 'current',
    targetId: '',
    schemaName: 'IT Service Management restored',
    schemaKey: 'ITSMR',
    chooseTypes: false,
    types: [],
    icons: false,
    history: true,
    users: 'all-or-nothing',
    matchUsers: 'name',
    planId: '',
    planFor: '',
  };
}
