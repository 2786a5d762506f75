// The small Jira in the browser: menus, theme, and the host's half of the talk with
// the app in the iframe. A message counts only if it comes from the window of a frame
// this page made, and from the origin that frame was made for.
(() => {
  'use strict';

  const root = document.documentElement;
  const site = root.dataset.site;
  const frames = new Map(); // contentWindow -> frame

  // Menus

  const menus = [...document.querySelectorAll('details.menu')];
  const closeMenus = (except) => menus.forEach((menu) => {
    if (menu !== except) menu.open = false;
  });
  document.addEventListener('click', (event) => {
    closeMenus(menus.find((menu) => menu.contains(event.target)));
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const open = menus.find((menu) => menu.open);
    if (!open) return;
    open.open = false;
    open.querySelector('summary').focus();
  });
  // A click into an app's page closes menus, too.
  window.addEventListener('blur', () => closeMenus());

  // Theme

  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const themeSelect = document.getElementById('theme');
  const theme = () => {
    const chosen = root.dataset.colorMode;
    const mode = chosen === 'light' || chosen === 'dark' ? chosen : dark.matches ? 'dark' : 'light';
    return { colorMode: mode };
  };
  const tellTheme = () => frames.forEach((frame) => send(frame, 'theme', theme()));
  dark.addEventListener('change', tellTheme);
  if (themeSelect) {
    themeSelect.addEventListener('change', () => {
      root.dataset.colorMode = themeSelect.value;
      document.cookie = 'sim_theme=' + themeSelect.value + '; path=/; max-age=31536000; samesite=lax';
      tellTheme();
    });
  }

  // Copying

  document.querySelectorAll('[data-copy]').forEach((button) => {
    button.addEventListener('click', async () => {
      const said = document.getElementById('copied');
      const name = button.querySelector('.hidden').textContent.trim();
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        said.textContent = name + ' copied';
        button.firstChild.textContent = 'Copied';
      } catch {
        // Browsers that do not allow it: what is to be copied is selected instead.
        window.getSelection().selectAllChildren(button.parentElement.querySelector('code'));
        said.textContent = name + ' selected';
        button.firstChild.textContent = 'Selected';
      }
      window.setTimeout(() => {
        button.firstChild.textContent = 'Copy';
      }, 2000);
    });
  });

  // Asking the host

  async function ask(what, body) {
    const response = await fetch(site + '/_connect/' + what, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.message || 'status ' + response.status);
    return answer;
  }

  // Frames

  function place() {
    return window.location.hash.startsWith('#!') ? decode(window.location.hash.slice(2)) : '';
  }

  function decode(text) {
    try {
      return decodeURI(text);
    } catch {
      return text;
    }
  }

  // A frame takes its name when it comes into the page, so it comes last.
  function open(iframe, made, more, insert) {
    const name = { ...JSON.parse(made.name), theme: theme(), state: place(), ...more };
    const frame = { iframe, origin: made.origin, channel: name.channel, app: made.app, module: made.module, ...more };
    iframe.name = JSON.stringify(name);
    iframe.src = made.src;
    insert();
    frames.set(iframe.contentWindow, frame);
    return frame;
  }

  function send(frame, event, data) {
    const to = frame.iframe.contentWindow;
    if (to) to.postMessage({ connect: 'event', channel: frame.channel, event, data }, frame.origin);
  }

  window.addEventListener('message', async (event) => {
    const frame = frames.get(event.source);
    const data = event.data;
    if (!frame || event.origin !== frame.origin) return;
    if (data === null || typeof data !== 'object' || data.connect !== 'call' || data.channel !== frame.channel) return;
    const answer = { connect: 'answer', channel: frame.channel, id: data.id };
    try {
      const handler = Object.hasOwn(handlers, data.call) ? handlers[data.call] : undefined;
      if (!handler) throw new Error('the simulated host has no ' + data.call);
      answer.value = await handler(frame, ...(Array.isArray(data.args) ? data.args : []));
      answer.ok = true;
    } catch (error) {
      answer.ok = false;
      answer.error = error.message;
    }
    event.source.postMessage(answer, frame.origin);
  });

  const handlers = {
    'context.getToken': async (frame) => (await ask('token', { app: frame.app })).token,
    'context.getContext': () => ({}),
    'user.getLocale': () => root.dataset.locale,
    'user.getTimeZone': () => root.dataset.timeZone,
    'user.getCurrentUser': () => ({ atlassianAccountId: root.dataset.account }),
    'theming.current': () => theme(),
    'flag.create': (frame, wanted) => { showFlag(frame, wanted || {}); },
    'flag.close': (frame, id) => { closeFlag(id); },
    'navigator.go': (frame, target, where) => { go(frame, target, where || {}); },
    'navigator.getLocation': (frame) => ({
      target: 'addonModule',
      context: { addonKey: frame.app, moduleKey: frame.module },
      href: window.location.href,
    }),
    'navigator.reload': () => { window.location.reload(); },
    location: () => window.location.href,
    'history.push': (frame, state) => { window.history.pushState(null, '', '#!' + encodeURI(String(state))); },
    'history.replace': (frame, state) => { window.history.replaceState(null, '', '#!' + encodeURI(String(state))); },
    'history.go': (frame, by) => { if (Number.isInteger(by) && by !== 0) window.history.go(by); },
    resize: (frame, width, height) => {
      const px = parseInt(height, 10);
      if (Number.isFinite(px) && px >= 0) frame.iframe.style.minHeight = Math.min(px, 20000) + 'px';
    },
    sizeToParent: (frame) => { frame.iframe.style.minHeight = ''; },
    'dialog.create': (frame, wanted) => openDialog(frame, wanted || {}),
    'dialog.close': (frame, data) => { if (frame.close) frame.close(data); },
    'dialog.getCustomData': (frame) => frame.customData,
    'dialog.disableCloseOnSubmit': (frame) => { frame.stays = true; },
    'events.emit': (frame, name, data) => {
      frames.forEach((other) => {
        if (other !== frame && other.app === frame.app) send(other, String(name), data[0]);
      });
    },
    request: async (frame, wanted) => ask('request', { ...wanted, app: frame.app }),
  };

  const toPage = () => frames.forEach((frame) => send(frame, 'history.popState', {
    state: place(), hash: place(), href: window.location.href,
  }));
  window.addEventListener('popstate', toPage);

  function go(frame, target, where) {
    const query = new URLSearchParams();
    switch (String(target).toLowerCase()) {
      case 'addonmodule':
        for (const [name, value] of Object.entries(where.customData || where.context || {})) query.set('ac.' + name, String(value));
        window.location.assign(site + '/plugins/servlet/ac/' + encodeURIComponent(where.addonKey || frame.app) + '/' +
          encodeURIComponent(where.moduleKey || '') + (query.size ? '?' + query : ''));
        return;
      case 'site':
        if (where.relativeUrl) window.location.assign(site + '/' + String(where.relativeUrl).replace(/^\/+/, ''));
        else if (/^https?:\/\//.test(where.absoluteUrl || '')) window.open(where.absoluteUrl, '_blank', 'noopener');
        return;
      case 'dashboard':
      case 'project':
      case 'projectsummary':
        window.location.assign(site + '/jira/projects');
        return;
      default:
        throw new Error('the simulated host has no page for ' + target);
    }
  }

  // Flags

  const flags = document.getElementById('flags');
  const words = { info: 'Information', success: 'Success', warning: 'Warning', error: 'Error' };

  function showFlag(frame, wanted) {
    const type = Object.hasOwn(words, wanted.type) ? wanted.type : 'info';
    const flag = element('div', { class: 'flag flag-' + type, role: type === 'error' || type === 'warning' ? 'alert' : 'status' });
    flag.dataset.flag = wanted.id;
    flag.append(element('span', { class: 'kind' }, words[type]));
    flag.append(element('h2', {}, String(wanted.title || '')));
    if (wanted.body) flag.append(element('p', {}, String(wanted.body)));
    const buttons = element('div', { class: 'buttons' });
    for (const [key, text] of Object.entries(wanted.actions || {})) {
      const action = element('button', { type: 'button', class: 'subtle' }, String(text));
      action.addEventListener('click', () => send(frame, 'flag.action', { flagIdentifier: wanted.id, actionIdentifier: key }));
      buttons.append(action);
    }
    const dismiss = element('button', { type: 'button', class: 'subtle' }, 'Dismiss');
    dismiss.append(element('span', { class: 'hidden' }, ' ' + String(wanted.title || 'message')));
    dismiss.addEventListener('click', () => closeFlag(wanted.id));
    buttons.append(dismiss);
    flag.append(buttons);
    flags.prepend(flag);
    flag.closing = () => send(frame, 'flag.close', { flagIdentifier: wanted.id });
    if (wanted.close === 'auto') window.setTimeout(() => closeFlag(wanted.id), 8000);
  }

  function closeFlag(id) {
    for (const flag of [...flags.children]) {
      if (flag.dataset.flag !== id) continue;
      flag.remove();
      flag.closing();
    }
  }

  // Dialogs

  async function openDialog(opener, wanted) {
    const id = String(wanted.id);
    const made = await ask('frame', { app: opener.app, module: String(wanted.key), channel: 'channel-' + id });
    const box = element('dialog', { class: 'app-dialog', 'aria-label': String(wanted.header || made.title) });
    box.append(element('h2', {}, String(wanted.header || made.title)));
    const iframe = element('iframe', { class: 'dialog-frame', title: made.title, sandbox: root.dataset.sandbox });
    iframe.style.width = size(wanted.width, 'min(90vw, 40rem)');
    iframe.style.height = size(wanted.height, '20rem');
    document.body.append(box);
    const frame = open(iframe, made, { dialog: true }, () => box.append(iframe));
    frame.customData = wanted.customData;
    let data;
    frame.close = (value) => {
      data = value;
      box.close();
    };
    if (wanted.chrome !== false) {
      const buttons = element('div', { class: 'buttons' });
      const submit = element('button', { type: 'button', class: 'primary' }, String(wanted.submitText || 'Submit'));
      submit.addEventListener('click', () => {
        send(frame, 'dialog.button', { name: 'submit' });
        send(frame, 'dialog.submit', {});
        if (!frame.stays) frame.close(undefined);
      });
      const cancel = element('button', { type: 'button' }, String(wanted.cancelText || 'Cancel'));
      cancel.addEventListener('click', () => {
        send(frame, 'dialog.button', { name: 'cancel' });
        frame.close(undefined);
      });
      buttons.append(submit, cancel);
      box.append(buttons);
    }
    box.addEventListener('close', () => {
      frames.forEach((value, key) => {
        if (value === frame) frames.delete(key);
      });
      box.remove();
      send(opener, 'dialog.close', { dialog: id, data });
    });
    box.showModal();
    return undefined;
  }

  function size(value, otherwise) {
    if (typeof value === 'number') return value + 'px';
    return /^\d+(px|%|rem|em|vw|vh)?$/.test(value || '') ? (/^\d+$/.test(value) ? value + 'px' : value) : otherwise;
  }

  function element(tag, attributes, text) {
    const out = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) out.setAttribute(name, value);
    if (text !== undefined) out.textContent = text;
    return out;
  }

  // The app's page, when this is one.

  const main = document.getElementById('app-frame');
  if (main) {
    const { src, origin, name, app, module } = main.dataset;
    const around = main.parentElement;
    main.remove();
    open(main, { src, origin, name, app, module }, {}, () => around.append(main));
  }
})();
