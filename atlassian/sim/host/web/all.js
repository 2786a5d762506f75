// Stand-in for the script that apps load from Atlassian: the same calls, spoken with
// the simulated Jira around the iframe. Messages go to, and are taken from, the one
// origin that the host named in the address of the page.
(function () {
  'use strict';

  if (window.AP) return;

  const script = document.currentScript || document.getElementById('ac-iframe-options');
  const query = new URLSearchParams(window.location.search);
  const named = readName();
  const host = query.get('xdm_e') || named.host || '';
  const channel = query.get('xdm_c') || named.channel || '';
  const options = readOptions((script && script.dataset.options) || query.get('data-options') || '');
  const framed = window.parent !== window && host !== '';
  const waiting = new Map();
  const listeners = new Map();
  let count = 0;
  let place = typeof named.state === 'string' ? named.state : '';
  let themed = false;

  // The name of the window repeats what the query says, for pages that have cleaned
  // their address before this script came.
  function readName() {
    try {
      const value = JSON.parse(window.name);
      return value !== null && typeof value === 'object' ? value : {};
    } catch {
      return {};
    }
  }

  function readOptions(text) {
    const out = {};
    for (const pair of text.split(';')) {
      const at = pair.indexOf(':');
      if (at > 0) out[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
    }
    return out;
  }

  function call(name, ...args) {
    if (!framed) return Promise.reject(new Error('AP.' + name + ': this page is not inside the host'));
    return new Promise((resolve, reject) => {
      const id = ++count;
      waiting.set(id, { resolve, reject });
      window.parent.postMessage({ connect: 'call', channel, id, call: name, args }, host);
    });
  }

  // With a callback as the original has it, and with a promise.
  function answer(promise, callback) {
    if (typeof callback === 'function') {
      promise.then((value) => callback(value), (error) => console.error(error));
      return promise.catch(() => undefined);
    }
    return promise;
  }

  function quietly(promise) {
    promise.catch((error) => console.error(error));
  }

  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || event.origin !== host) return;
    const data = event.data;
    if (data === null || typeof data !== 'object' || data.channel !== channel) return;
    if (data.connect === 'answer') {
      const asked = waiting.get(data.id);
      if (!asked) return;
      waiting.delete(data.id);
      if (data.ok) asked.resolve(data.value);
      else asked.reject(new Error(String(data.error)));
    } else if (data.connect === 'event') {
      receive(String(data.event), data.data);
    }
  });

  function receive(name, data) {
    if (name === 'theme') {
      if (themed) showTheme(data);
      return;
    }
    if (name === 'history.popState') place = data.state;
    tell(name, data);
  }

  function tell(name, ...data) {
    for (const listener of [...(listeners.get(name) || [])]) listener(...data);
  }

  function on(name, listener) {
    if (!listeners.has(name)) listeners.set(name, new Set());
    listeners.get(name).add(listener);
  }

  function off(name, listener) {
    const set = listeners.get(name);
    if (set) set.delete(listener);
  }

  function once(name, listener) {
    const first = (...data) => {
      off(name, first);
      listener(...data);
    };
    on(name, first);
  }

  function showTheme(theme) {
    if (!theme || (theme.colorMode !== 'light' && theme.colorMode !== 'dark')) return;
    const root = document.documentElement;
    root.setAttribute('data-color-mode', theme.colorMode);
    root.setAttribute('data-theme', 'light:light dark:dark spacing:spacing typography:typography');
  }

  const context = {
    getToken: (callback) => answer(call('context.getToken'), callback),
    getContext: (callback) => answer(call('context.getContext'), callback),
  };

  const user = {
    getLocale: (callback) => answer(call('user.getLocale'), callback),
    getTimeZone: (callback) => answer(call('user.getTimeZone'), callback),
    getCurrentUser: (callback) => answer(call('user.getCurrentUser'), callback),
  };

  const flag = {
    create(wanted) {
      const id = 'flag-' + Math.random().toString(36).slice(2);
      quietly(call('flag.create', { ...wanted, id }));
      return {
        _id: id,
        close: () => quietly(call('flag.close', id)),
        on(name, listener) {
          on('flag.' + name, (data) => {
            if (data.flagIdentifier === id) listener(data);
          });
        },
      };
    },
  };

  const navigator = {
    go: (target, where) => answer(call('navigator.go', target, where || {})),
    getLocation: (callback) => answer(call('navigator.getLocation'), callback),
    reload: () => quietly(call('navigator.reload')),
  };

  const history = {
    pushState(state) {
      place = String(state);
      quietly(call('history.push', place));
    },
    replaceState(state) {
      place = String(state);
      quietly(call('history.replace', place));
    },
    getState(kind, callback) {
      const listener = typeof kind === 'function' ? kind : callback;
      const state = kind === 'all' ? { hash: place } : place;
      if (typeof listener === 'function') listener(state);
      return state;
    },
    popState: (listener) => on('history.popState', listener),
    back: () => quietly(call('history.go', -1)),
    forward: () => quietly(call('history.go', 1)),
    go: (by) => quietly(call('history.go', Number(by))),
  };

  const theming = {
    initializeTheming() {
      themed = true;
      showTheme(named.theme);
      call('theming.current').then(showTheme, (error) => console.error(error));
    },
  };

  const dialog = {
    create(wanted) {
      const id = 'dialog-' + Math.random().toString(36).slice(2);
      quietly(call('dialog.create', { ...wanted, id }));
      return {
        on(name, listener) {
          on('dialog.' + name, (event) => {
            if (event && event.dialog === id) listener(event.data);
          });
        },
      };
    },
    close: (data) => quietly(call('dialog.close', data)),
    getCustomData: (callback) => answer(call('dialog.getCustomData'), callback),
    disableCloseOnSubmit: () => quietly(call('dialog.disableCloseOnSubmit')),
    getButton: (name) => ({
      bind: (listener) => on('dialog.button', (data) => {
        if (data.name === name) listener();
      }),
    }),
    isDialog: named.dialog === true,
  };

  function request(address, wanted) {
    const asked = typeof address === 'string' ? { ...wanted, url: address } : { ...address };
    const { success, error, ...rest } = asked;
    const promise = call('request', rest).then((reply) => {
      const xhr = {
        status: reply.status,
        statusText: reply.statusText,
        responseText: reply.body,
        getResponseHeader: (name) => reply.headers[name.toLowerCase()] ?? null,
      };
      if (reply.status >= 200 && reply.status < 300) {
        if (typeof success === 'function') success(reply.body, 'success', xhr);
        return { body: reply.body, xhr };
      }
      if (typeof error === 'function') error(xhr, 'error', reply.statusText);
      throw Object.assign(new Error('status ' + reply.status), { xhr });
    });
    if (typeof success === 'function' || typeof error === 'function') promise.catch(() => undefined);
    return promise;
  }

  const resize = (width, height) => quietly(call('resize', width, height));
  const sizeToParent = (hideFooter) => quietly(call('sizeToParent', hideFooter === true));

  const modules = {
    context, user, flag, navigator, history, theming, dialog, request,
    events: {
      on, once, off,
      emit(name, ...data) {
        tell(name, ...data);
        quietly(call('events.emit', name, data));
      },
    },
  };

  window.AP = {
    ...modules,
    resize,
    sizeToParent,
    getLocation: (callback) => answer(call('location'), callback),
    getCurrentUser: user.getCurrentUser,
    require(names, callback) {
      callback(...[].concat(names).map((name) => modules[name]));
    },
  };

  if (!framed) {
    console.warn('AP: this page is not inside the host; nothing will answer');
    return;
  }
  if (options.base === 'true') {
    const base = document.createElement('base');
    base.target = '_parent';
    document.head.append(base);
  }
  if (options.sizeToParent === 'true') {
    sizeToParent(options.hideFooter === 'true');
  } else if (options.resize !== 'false') {
    whenLoaded(followContent);
  }

  function whenLoaded(run) {
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', run);
    else run();
  }

  // Only pages that mark their content are sized by it, as with the original.
  function followContent() {
    const content = document.querySelector('.ac-content');
    if (!content || !window.ResizeObserver) return;
    new ResizeObserver(() => resize('100%', Math.ceil(content.getBoundingClientRect().height))).observe(content);
  }
})();
