import { describe, expect, it, vi } from 'vitest';
import { createApi, unwrap } from '../../api';
import { connectHost } from '../host';
import { apiBesidePage } from './browser';
import { connect, type ConnectAP } from './connect';
import { onOwnFlag } from './flags';
import { type CallBridge, forge } from './forge';

function page(kind?: string): Document {
  const doc = document.implementation.createHTMLDocument();
  if (kind) doc.head.innerHTML = `<meta name="stowage-host" content="${kind}">`;
  return doc;
}

function anAP(over: Partial<ConnectAP> = {}): ConnectAP {
  return { context: { getToken: () => Promise.resolve('ctx') }, ...over };
}

describe('the host of the app', () => {
  it('is the browser itself where the page names none', async () => {
    const host = await connectHost(page());
    expect(host.kind).toBe('development');
    expect(await host.token()).toBeNull();
  });

  it('is Connect where the page says so, with a fresh token at every call', async () => {
    let n = 0;
    window.AP = anAP({ context: { getToken: () => Promise.resolve(`t${(n += 1)}`) } });
    const host = await connectHost(page('connect'));
    expect(host.kind).toBe('connect');
    expect([await host.token(), await host.token()]).toEqual(['t1', 't2']);
    delete window.AP;
  });

  it('finds the API one level above the page, whatever stands after the #', () => {
    expect(apiBesidePage('https://stowage.example/app/admin?jwt=x#/schemas?q=a/b')).toBe('https://stowage.example/api/v1');
    expect(apiBesidePage('https://example.com/stowage/app/admin')).toBe('https://example.com/stowage/api/v1');
  });

  it('says what to do when Jira left no script behind', async () => {
    await expect(connectHost(page('connect'))).rejects.toThrow('Open Stowage from the Apps menu of Jira');
    await expect(connectHost(page('forge'))).rejects.toThrow('Open Stowage from the Apps menu of Jira');
  });
});

describe('Connect', () => {
  it('takes the token of older pages, which call back', async () => {
    const host = await connect(anAP({ context: { getToken: (callback) => callback?.('old') } }));
    expect(await host.token()).toBe('old');
  });

  it('takes language and time zone of the user, and the browser’s where the zone is unknown', async () => {
    const user = { getLocale: (answer: (s: string) => void) => answer('en_GB'), getTimeZone: (answer: (s: string) => void) => answer('Asia/Tbilisi') };
    expect(await connect(anAP({ user }))).toMatchObject({ locale: 'en-GB', timeZone: 'Asia/Tbilisi' });
    const odd = await connect(anAP({ user: { getTimeZone: (answer) => answer('Middle/Earth') } }));
    expect(odd.timeZone).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
  });

  it('does not wait for ever for an answer', async () => {
    const host = await connect(anAP({ user: { getTimeZone: () => undefined } }));
    expect(host.timeZone).not.toBe('');
  });

  it('shows flags through Jira, or in the app where Jira has none', async () => {
    const create = vi.fn<NonNullable<ConnectAP['flag']>['create']>();
    (await connect(anAP({ flag: { create } }))).flag({ kind: 'error', title: 'No' });
    expect(create).toHaveBeenCalledWith({ title: 'No', type: 'error', close: 'manual' });

    const seen = vi.fn<(title: string) => void>();
    const stop = onOwnFlag((flag) => seen(flag.title));
    (await connect(anAP())).flag({ kind: 'info', title: 'Here' });
    stop();
    expect(seen).toHaveBeenCalledWith('Here');

    (await connect(anAP())).flag({ kind: 'info', title: 'Before anybody shows it' });
    onOwnFlag((flag) => seen(flag.title))();
    expect(seen).toHaveBeenLastCalledWith('Before anybody shows it');
    onOwnFlag((flag) => seen(flag.title))();
    expect(seen).toHaveBeenCalledTimes(2);
  });

  it('keeps the place in the address of Jira, and in the tab where it may not', async () => {
    let state = '';
    const history = { replaceState: (s: string) => void (state = s), getState: () => state };
    const first = await connect(anAP({ history }));
    first.keepPlace('/schemas?q=a');
    expect(state).toBe('/schemas?q=a');
    expect(await (await connect(anAP({ history }))).place()).toBe('/schemas?q=a');
    expect(await (await connect(anAP())).place()).toBe('/schemas?q=a');
  });

  it('tells of a change of theme', async () => {
    const host = await connect(anAP());
    document.documentElement.setAttribute('data-color-mode', 'light');
    const changed = vi.fn<(theme: string) => void>();
    const stop = host.onTheme(changed);
    document.documentElement.setAttribute('data-color-mode', 'dark');
    await vi.waitFor(() => expect(changed).toHaveBeenCalledWith('dark'));
    expect(host.theme()).toBe('dark');
    stop();
    document.documentElement.removeAttribute('data-color-mode');
  });

  it('opens web addresses only, out of reach of the app', async () => {
    const open = vi.spyOn(window, 'open').mockReturnValue(null);
    const host = await connect(anAP());
    host.openExternal('javascript:alert(1)');
    expect(open).not.toHaveBeenCalled();
    host.navigateToAssets('https://acme.atlassian.net/jira/assets/object-schema/7');
    expect(open).toHaveBeenCalledWith(new URL('https://acme.atlassian.net/jira/assets/object-schema/7'), '_blank', 'noopener,noreferrer');
  });
});

describe('Forge', () => {
  function aBridge(answers: Record<string, unknown>) {
    const calls: [string, unknown][] = [];
    const callBridge = ((command: string, data?: unknown) => {
      calls.push([command, data]);
      return Promise.resolve(answers[command]);
    }) as CallBridge;
    return { calls, callBridge };
  }

  it('asks the service by its own paths, wherever Atlassian serves the page from', async () => {
    const bridge = aBridge({ getContext: {}, fetchRemote: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"version":"1"}' } });
    window.history.replaceState(null, '', '/0b1c/7f3a/index.html?x=1#/schemas');
    const api = createApi(await forge(bridge));
    window.history.replaceState(null, '', '/app/admin');
    await unwrap(api.GET('/session'));
    expect(bridge.calls.at(-1)).toMatchObject(['fetchRemote', { remoteKey: 'stowage', fetchRequestInit: { method: 'GET', path: '/api/v1/session' } }]);
  });

  it('takes downloads, which cross the bridge in base64', async () => {
    const body = `data:application/json;base64,${btoa('{"a":"\u00c3\u00a4"}')}`;
    const host = await forge(aBridge({ getContext: {}, fetchRemote: { status: 200, headers: {}, body, isAttachment: true } }));
    expect(await (await host.fetch(new Request('https://x.example/api/v1/restores/1/log.json'))).json()).toEqual({ a: 'ä' });
  });

  it('sends requests over the bridge, which signs them', async () => {
    const bridge = aBridge({
      getContext: { locale: 'en_US', timezone: 'Europe/Berlin' },
      createHistory: { location: { pathname: '/schemas', search: '?q=a' }, listen: () => undefined, replace: () => undefined },
      fetchRemote: { status: 202, statusText: 'Accepted', headers: { 'content-type': 'application/json' }, body: '{"ok":true}' },
    });
    const host = await forge(bridge);
    expect(host).toMatchObject({ kind: 'forge', locale: 'en-US', timeZone: 'Europe/Berlin' });
    expect(await host.place()).toBe('/schemas?q=a');
    expect(await host.token()).toBeNull();
    const response = await host.fetch(new Request('https://x.example/api/v1/sync?a=1', { method: 'POST', body: '{"b":2}', headers: { 'Idempotency-Key': 'k' } }));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ ok: true });
    const [command, sent] = bridge.calls.at(-1) ?? [];
    expect(command).toBe('fetchRemote');
    expect(sent).toMatchObject({ fetchRequestInit: { path: '/api/v1/sync?a=1', method: 'POST', body: '{"b":2}' } });
    expect((sent as { fetchRequestInit: { headers: string[][] } }).fetchRequestInit.headers).toContainEqual(['idempotency-key', 'k']);
  });
});
