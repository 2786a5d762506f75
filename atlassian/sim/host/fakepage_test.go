package host_test

// fakePage uses every part of the script that apps load, and writes down what came of it.
const fakePage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Fake</title>
<style>
:root { color-scheme: light dark; } :root[data-color-mode=dark] { color-scheme: dark; } :root[data-color-mode=light] { color-scheme: light; }
body { font: 1rem/1.5 system-ui; background: light-dark(#fff, #1d2125); color: light-dark(#172b4d, #d6dde6); margin: 1.5rem; }
</style>
<script src="%s" data-options="sizeToParent:false;margin:false"></script></head>
<body><main><h1>A fake app</h1><dl id="told"></dl>
<p><button id="flag">Flag</button> <button id="dialog">Dialog</button> <button id="move">Move</button> <button id="away">Away</button></p></main>
<script>
const told = document.getElementById('told');
function tell(name, value) {
  document.getElementById('told-' + name)?.remove();
  const row = document.createElement('div');
  row.id = 'told-' + name;
  row.textContent = name + ': ' + (typeof value === 'string' ? value : JSON.stringify(value));
  told.append(row);
  fetch('../told', { method: 'POST', body: JSON.stringify({ name, value: row.textContent.slice(name.length + 2) }) });
}
const read = (token) => JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
tell('place', AP.history.getState());
tell('query', new URLSearchParams(location.search).get('place') || '');
AP.theming.initializeTheming();
AP.context.getToken((token) => tell('callback', read(token).qsh));
AP.context.getToken().then((token) => tell('promise', read(token).sub), (error) => tell('promise', error.message));
AP.context.getContext((context) => tell('context', context));
AP.user.getLocale((locale) => tell('locale', locale));
AP.user.getTimeZone((zone) => tell('zone', zone));
AP.user.getCurrentUser((user) => tell('user', user.atlassianAccountId));
AP.navigator.getLocation((where) => tell('location', where.context.addonKey + ' ' + where.context.moduleKey));
AP.request('/rest/api/3/myself').then((reply) => tell('request', JSON.parse(reply.body).displayName), (error) => tell('request', error.message));
AP.request({ url: '/rest/api/3/nothing', error: (xhr) => tell('missing', String(xhr.status)) });
AP.history.popState((event) => tell('popped', event.state));
AP.events.on('flag.action', (data) => tell('action', data.actionIdentifier));
AP.events.on('flag.close', () => tell('closed', 'yes'));
new MutationObserver(() => tell('theme', document.documentElement.dataset.colorMode)).observe(document.documentElement, { attributes: true });
// A stranger inside the page speaks to the host, and to the page as if it were the host.
const stranger = document.createElement('iframe');
stranger.title = 'stranger';
stranger.src = location.origin.replace('127.0.0.1', 'localhost') + location.pathname.replace(/[^/]*$/, 'stranger') + location.search;
document.body.append(stranger);
window.addEventListener('message', (event) => {
  if (event.source === stranger.contentWindow && event.data.report) tell('stranger', event.data.report);
});
document.getElementById('flag').onclick = () => AP.flag.create({ title: 'Backup started', body: 'It is <b>on its way</b>.', type: 'success', close: 'manual', actions: { look: 'Look at it' } });
document.getElementById('dialog').onclick = () => AP.dialog.create({ key: 'confirm', width: '400px', height: 120, header: 'Delete?', submitText: 'Delete', customData: { name: 'ITSM' } })
  .on('close', (data) => tell('dialog', data === undefined ? 'nothing' : data));
document.getElementById('move').onclick = () => { AP.history.pushState('/backups/3?tab=log'); tell('place', AP.history.getState()); };
document.getElementById('away').onclick = () => AP.navigator.go('addonModule', { moduleKey: 'admin', customData: { place: 'restores' } });
</script></body></html>`

// fakeStranger tries to be heard by the host, and to be taken for it.
const fakeStranger = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Stranger</title></head><body><script>
const channel = new URLSearchParams(location.search).get('xdm_c');
let heard = 'nothing';
window.addEventListener('message', (event) => { heard = 'an answer from ' + event.origin; });
window.top.postMessage({ connect: 'call', channel, id: 1, call: 'context.getToken', args: [] }, '*');
window.parent.postMessage({ connect: 'event', channel, event: 'theme', data: { colorMode: 'dark' } }, '*');
window.parent.postMessage({ connect: 'event', channel, event: 'history.popState', data: { state: 'stolen' } }, '*');
setTimeout(() => window.parent.postMessage({ report: heard }, '*'), 700);
</script></body></html>`

// fakeDialog is what a dialog of the app shows.
const fakeDialog = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sure?</title><script src="%s"></script></head>
<body><p id="asked"></p><button id="yes">Yes</button>
<script>
AP.dialog.getCustomData((data) => { document.getElementById('asked').textContent = 'Delete ' + data.name + '? ' + AP.dialog.isDialog; });
document.getElementById('yes').onclick = () => AP.dialog.close('sure');
</script></body></html>`
