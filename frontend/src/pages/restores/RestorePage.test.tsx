import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Restore } from '../../api';
import { FakeStowage } from '../../mock/fake';
import { ALL_STEPS, aRestore, aRestoreRun, FakeRestores } from '../../mock/restores';
import { API, showApp } from '../../test/render';
import { server } from '../../test/server';

function show(address: string, restores = FakeRestores.example()) {
  server.use(...restores.handlers(API), ...FakeStowage.example().handlers(API));
  return { restores, ...showApp(address) };
}

function withRestore(restore: Restore) {
  const restores = new FakeRestores();
  restores.restores = [restore];
  return restores;
}

describe('the page of a restore', () => {
  it('shows the stages with their counts, the present one, rate, time left and all of it', async () => {
    show('/restores/r4');
    expect(await screen.findByText('Restore in progress')).toBeVisible();
    expect(screen.getByText('stage 10 of 12')).toBeVisible();
    expect(screen.getByRole('progressbar', { name: 'Restore: 24%' })).toBeVisible();
    expect(screen.getByText('16 per second')).toBeVisible();
    expect(screen.getByText('about 50 seconds left in this stage')).toBeVisible();
    const stages = within(screen.getByRole('list', { name: 'Stages' })).getAllByRole('listitem');
    expect(stages).toHaveLength(12);
    expect(stages[9]).toHaveAttribute('aria-current', 'step');
    expect(stages[9]).toHaveTextContent('Restoring object entries487 / 1,240');
    expect(screen.getByText('486 created')).toBeVisible();
    expect(screen.getByText('1 failed')).toBeVisible();
  });

  it('says that it waits behind another restore', async () => {
    show('/restores/r5');
    expect(await screen.findByText('Restore pending')).toBeVisible();
    expect(screen.getByText(/Waiting for another restore to the same destination/)).toBeVisible();
  });

  it('stops exactly the run the question was asked about, once', async () => {
    const { user, restores } = show('/restores/r4');
    await user.click(await screen.findByRole('button', { name: 'STOP' }));
    const dialog = within(await screen.findByRole('dialog'));
    await user.click(dialog.getByRole('button', { name: 'Keep running' }));
    expect(restores.stopped).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'STOP' }));
    // Meanwhile the restore goes on under another run.
    restores.restores = restores.restores.map((r) => (r.id === 'r4' ? { ...r, run: aRestoreRun(700, { id: 'run-later' }) } : r));
    await waitFor(() => expect(screen.getByText('547 / 1,240', { exact: false })).toBeInTheDocument());
    server.use(
      http.post(`${API}/runs/:id/stop`, ({ params }) => {
        restores.stopped.push(String(params.id));
        return HttpResponse.json(aRestoreRun(640, { id: 'run-r4', state: 'terminated' }));
      }),
    );
    await user.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Stop' }));
    await waitFor(() => expect(restores.stopped).toEqual(['run-r4']));
  });

  it('cannot be stopped a second time', async () => {
    show('/restores/r3', withRestore(aRestore({ state: 'stopping', endedAt: undefined, run: aRestoreRun(640, { state: 'stopping', canStop: false, stopRequestedAt: '2026-11-20T10:01:00Z' }) })));
    expect(await screen.findByText('Stopping')).toBeVisible();
    expect(screen.getByRole('button', { name: 'Stopping…' })).toBeDisabled();
  });

  it('says "Operation success" with the proof, and leads to the new schema in Assets', async () => {
    const { user, host } = show('/restores/r3');
    expect(await screen.findByText('Operation success')).toBeVisible();
    expect(screen.getByText('1,240 objects were created in IT Service Management restored. Read back and compared with the backup: no difference.')).toBeVisible();
    expect(screen.getByText(/Restore ended/)).toHaveTextContent('20 Nov 2026, 11:04');
    expect(screen.queryByRole('button', { name: 'STOP' })).toBeNull();
    expect(screen.getByRole('link', { name: 'Show the 8 warnings' })).toBeVisible();
    await user.click(screen.getByRole('link', { name: /Open IT Service Management restored in Assets/ }));
    expect(host.navigateToAssets).toHaveBeenCalledWith('https://acme.atlassian.net/jira/assets/object-schema/21');
  });

  it('of which something failed says how much, and leads to what and why, however long the log is', async () => {
    const { user, router } = show('/restores/r2');
    expect(await screen.findByRole('heading', { name: 'Migration of IT Service Management to globex' })).toBeVisible();
    expect(await screen.findByText('Restored, but not everything')).toBeVisible();
    expect(screen.getByText(/1,237 of 1,240 objects were created in IT Service Management, 3 could not be created\. .*3 differences, listed in the log/)).toBeVisible();
    await user.click(screen.getByRole('link', { name: 'Show which objects failed, and why' }));
    expect(router.state.location.search).toEqual({ log: true, only: 'failed' });
    expect(screen.getByRole('button', { name: /^Failed/ })).toHaveAttribute('aria-pressed', 'true');
    // The window has the last 500 of 1,240 lines; line 400 is among what failed all the same.
    expect(await screen.findByText('3 lines of the whole log')).toBeVisible();
  });

  it('that only differs leads to what differs', async () => {
    const { user, router } = show('/restores/r3', withRestore(aRestore({ state: 'completedWithErrors', differences: 120, run: aRestoreRun(ALL_STEPS, { state: 'partial' }) })));
    expect(await screen.findByText(/120 differences, the first 100 listed in the log/)).toBeVisible();
    await user.click(screen.getByRole('link', { name: 'Show what differs' }));
    expect(router.state.location.search).toEqual({ log: true, only: 'warned' });
  });

  it('that waits for its site says why', async () => {
    const message = 'acme.atlassian.net answers 503. Nothing is lost: it goes on by itself.';
    show('/restores/r3', withRestore(aRestore({ state: 'running', endedAt: undefined, message: undefined, run: aRestoreRun(640, { state: 'queued', queuePosition: 1, message }) })));
    expect(await screen.findByText(message)).toBeVisible();
    expect(screen.getByText('Waiting in the queue, next to begin.')).toBeVisible();
    expect(screen.getByRole('img', { name: 'waiting' })).toBeInTheDocument();
    expect(screen.queryByText(/per second/)).toBeNull();
  });

  it('of which nothing is heard does not say how fast it goes', async () => {
    show('/restores/r4');
    expect(await screen.findByText('16 per second')).toBeVisible();
    server.use(http.get(`${API}/restores/:id`, () => HttpResponse.error()));
    expect(await screen.findByText('Stowage cannot be reached')).toBeVisible();
    expect(screen.queryByText('16 per second')).toBeNull();
    expect(screen.queryByText(/seconds left/)).toBeNull();
    expect(screen.getByText('Restore in progress')).toBeVisible();
  });

  it('that was stopped says when, what stays, and goes on with Resume', async () => {
    const { user } = show('/restores/r0');
    expect(await screen.findByText('Restore terminated')).toBeVisible();
    expect(screen.getByText(/Restore ended/)).toHaveTextContent('17 Nov 2026, 17:20');
    expect(screen.getByText(/402 of 1,240 objects were created and stay.*or delete IT Service Management restored in Assets/)).toBeVisible();
    expect(screen.getByRole('link', { name: /Open IT Service Management restored in Assets/ })).toBeVisible();
    expect(screen.getByRole('img', { name: 'ended here' })).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Resume' }));
    expect(await screen.findByText('Restore in progress')).toBeVisible();
  });

  it('that cannot be resumed says why', async () => {
    const { user, host } = show('/restores/r0');
    server.use(http.post(`${API}/runs/:id/resume`, () => HttpResponse.json({ status: 409, code: 'not-resumable', detail: 'The plan of this restore does not exist any more.' }, { status: 409 })));
    await user.click(await screen.findByRole('button', { name: 'Resume' }));
    await waitFor(() => expect(host.flag).toHaveBeenCalledWith({ kind: 'error', title: 'This did not work', body: 'The plan of this restore does not exist any more.' }));
  });

  it('that failed before it began has no end, and begins again from the backup', async () => {
    show('/restores/r3', withRestore(aRestore({ state: 'error', message: 'The target refused the token.', startedAt: undefined, run: aRestoreRun(0, { state: 'failed', stages: [], canResume: false }) })));
    expect(await screen.findByText('Restore Error')).toBeVisible();
    expect(screen.getByText('The target refused the token.')).toBeVisible();
    expect(screen.queryByText(/Restore ended/)).toBeNull();
    expect(screen.getByRole('link', { name: 'Start again from the backup' })).toHaveAttribute('href', '/restore/b4');
  });
});

describe('the log of a restore', () => {
  // jsdom lays nothing out; the list needs a height to show lines.
  beforeEach(() => {
    vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(380);
    vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(800);
    Element.prototype.scrollTo = () => undefined;
  });
  afterEach(() => vi.restoreAllMocks());

  it('opens with "Real-time log monitoring", is searched and filtered', async () => {
    const { user, router } = show('/restores/r4');
    const button = await screen.findByRole('button', { name: 'Real-time log monitoring' });
    expect(button).toHaveAttribute('aria-expanded', 'false');
    await user.click(button);
    expect(router.state.location.search).toEqual({ log: true });
    const log = await screen.findByRole('region', { name: 'Log lines' });
    expect(await screen.findByText('487 lines')).toBeVisible();
    expect(screen.getByText('Live')).toBeVisible();
    await user.click(screen.getByRole('button', { name: /^Failed/ }));
    expect(await within(log).findByText(/must be less than 255 characters/)).toBeInTheDocument();
    expect(screen.getByText('1 of 487 lines')).toBeVisible();
    await user.type(screen.getByLabelText('Search the log'), 'nothing like it');
    expect(await screen.findByText(/No line of this log matches/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Clear the search' }));
    expect(await screen.findByText('487 lines')).toBeVisible();
  });

  it('shows the last 500 lines of a longer one, and that it is complete', async () => {
    show('/restores/r3?log=true', withRestore(aRestore({ run: aRestoreRun(ALL_STEPS) })));
    expect(await screen.findByText('The last 500 lines. The full log has them all.')).toBeVisible();
    expect(await screen.findByText('Complete')).toBeVisible();
    expect(await screen.findByText('The log is complete: 500 lines.')).toBeInTheDocument();
  });

  it('is downloaded as a JSON file, with the token of the moment', async () => {
    const asked: (string | null)[] = [];
    server.use(
      http.get(`${API}/restores/:id/log.json`, ({ request }) => {
        asked.push(request.headers.get('Authorization'));
        return HttpResponse.json([{ ObjectKey: 'ITSM-1', Result: true, Message: "{ message: 'OK' }" }]);
      }),
    );
    const names: string[] = [];
    URL.createObjectURL = () => 'blob:log';
    URL.revokeObjectURL = () => undefined;
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
      names.push(this.download);
    });
    const { user } = show('/restores/r3');
    server.use(
      http.get(`${API}/restores/:id/log.json`, ({ request }) => {
        asked.push(request.headers.get('Authorization'));
        return HttpResponse.json([]);
      }),
    );
    await user.click(await screen.findByRole('button', { name: 'Download full log' }));
    await waitFor(() => expect(names).toEqual(['restore-3-log.json']));
    expect(asked).toEqual(['JWT a-token']);
  });

  it('is searched in all of it, not only among the lines at hand', async () => {
    const { user } = show('/restores/r3?log=true', withRestore(aRestore({ run: aRestoreRun(ALL_STEPS) })));
    expect(await screen.findByText('The last 500 lines. The full log has them all.')).toBeVisible();
    await user.type(screen.getByLabelText('Search the log'), 'itsm-42 ok');
    expect(await screen.findByText('11 lines of the whole log')).toBeVisible();
    expect(await within(screen.getByRole('region', { name: 'Log lines' })).findByText('ITSM-42')).toBeInTheDocument();
    await user.clear(screen.getByLabelText('Search the log'));
    expect(await screen.findByText('The last 500 lines. The full log has them all.')).toBeVisible();
  });

  it('says what it could not search', async () => {
    const { user } = show('/restores/r3?log=true&only=failed', withRestore(aRestore({ run: aRestoreRun(ALL_STEPS) })));
    server.use(http.get(`${API}/runs/:id/log`, ({ request }) => (request.url.includes('outcome') ? HttpResponse.error() : undefined)));
    expect(await screen.findByText(/^Only the last 500 lines could be searched\. No answer came/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: /^Failed/ }));
    expect(await screen.findByText('The last 500 lines. The full log has them all.')).toBeVisible();
  });

  it('says when the session has ended, not that the service is away', async () => {
    show('/restores/r4?log=true');
    expect(await screen.findByText('Live')).toBeVisible();
    server.use(http.get(`${API}/runs/:id/log`, () => HttpResponse.json({ status: 401, code: 'unauthorized' }, { status: 401 })));
    expect(await screen.findByText('Reload the page to sign in to Jira again.')).toBeVisible();
  });

  it('can be downloaded once nothing more happens, where anything was written', async () => {
    const { unmount } = show('/restores/r4');
    expect(await screen.findByText('Restore in progress')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Download full log' })).toBeNull();
    unmount();
    const nowhere = { ...aRestore().target, schemaId: undefined, url: undefined };
    show('/restores/r3', withRestore(aRestore({ state: 'error', target: nowhere, run: aRestoreRun(0, { state: 'failed' }) })));
    expect(await screen.findByText('Restore Error')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Download full log' })).toBeNull();
  });

  it('that cannot be downloaded says so', async () => {
    const { user, host } = show('/restores/r3');
    server.use(http.get(`${API}/restores/:id/log.json`, () => HttpResponse.json({ status: 404, detail: 'This restore has no log.' }, { status: 404 })));
    await user.click(await screen.findByRole('button', { name: 'Download full log' }));
    await waitFor(() => expect(host.flag).toHaveBeenCalledWith(expect.objectContaining({ kind: 'error' })));
  });
});

describe('the restores grid', () => {
  it('names each restore as the product does, with its boxes', async () => {
    const { user } = show('/schemas/s1/backups');
    const grid = within(await screen.findByRole('table', { name: 'Restores' }));
    expect(grid.getAllByRole('columnheader').map((c) => c.textContent)).toEqual(['Details', 'Schema', 'Destination', 'Started', 'Ended', 'Status', 'Result', 'Restore ID', 'Actions']);
    expect(grid.getByText('Restore error')).toBeVisible();
    expect(grid.getByText('Another instance')).toBeVisible();
    await user.click(grid.getByRole('button', { name: 'Details of restore 3' }));
    for (const box of ['Schemas', 'Restore options', 'Restore information', 'Cross-schema references', 'Comments', 'Restore Object Type ID', 'Objects in issues', 'Attachments']) {
      expect(grid.getByRole('region', { name: box })).toBeVisible();
    }
    const options = within(grid.getByRole('region', { name: 'Restore options' }));
    expect(options.getByText('Marketplace app')).toBeVisible();
    expect(options.getAllByText(/YES|NO/).map((e) => e.textContent)).toEqual(['YES', 'NO', 'YES', 'NO']);
    const comments = within(grid.getByRole('region', { name: 'Comments' }));
    expect(comments.getAllByRole('definition').map((d) => d.textContent)).toEqual(['N/A', 'N/A', '']);
    expect(comments.queryByRole('button')).toBeNull();
    expect(grid.getByText('Waiting for another restore')).toBeVisible();
  });

  it('opens the result of a restore', async () => {
    const { user } = show('/restores');
    const grid = within(await screen.findByRole('table', { name: 'Restores' }));
    await user.click(grid.getAllByRole('button', { name: 'Result message' })[1] as HTMLElement);
    expect(await within(await screen.findByRole('dialog')).findByText(/A schema with the key ITSMR exists/)).toBeVisible();
  });
});

describe('the history on the home page', () => {
  it('has the columns and the words of the product, and links to the restored schema', async () => {
    const { user, host } = show('/');
    const history = within(await screen.findByRole('table', { name: 'History' }));
    expect(history.getAllByRole('columnheader').map((c) => c.textContent)).toEqual(['More', 'Source Schema', 'Destination Schema', 'Started', 'Ended', 'Status', 'Result', 'Actions']);
    expect(history.getAllByText('In progress')).toHaveLength(2);
    expect(history.getByText('Restore completed')).toBeVisible();
    await user.click(history.getAllByRole('link', { name: /IT Service Management restored \(ITSMR\)/ })[0] as HTMLElement);
    expect(host.navigateToAssets).toHaveBeenCalledWith('https://acme.atlassian.net/jira/assets/object-schema/21');
    await user.click(history.getByRole('button', { name: 'More about restore 3' }));
    expect(within(history.getByRole('region', { name: 'Attachments' })).getAllByText('N/A')).toHaveLength(2);
  });

  it('is empty before the first restore', async () => {
    show('/', new FakeRestores());
    expect(await screen.findByRole('heading', { name: 'Nothing has been restored yet' })).toBeVisible();
  });
});
