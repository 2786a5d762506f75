import '@atlaskit/css-reset';
import './app.css';
import { setBooleanFeatureFlagResolver } from '@atlaskit/platform-feature-flags';
import { createRoot } from 'react-dom/client';
import { createApi, createQueryClient } from './api';
import { App } from './App';
import { connectHost } from './lib/host';
import { createAppRouter, followPlace } from './router';

setBooleanFeatureFlagResolver(() => false);

async function start(root: HTMLElement) {
  const host = await connectHost();
  const router = createAppRouter();
  await followPlace(router, host);
  // Not in React's strict mode: while it is developed, that would take every dialog of Atlaskit off the page at once.
  createRoot(root).render(<App host={host} api={createApi(host)} queries={createQueryClient()} router={router} />);
}

const root = document.getElementById('root');
if (root) {
  start(root).catch((error: unknown) => {
    root.setAttribute('role', 'alert');
    root.textContent = error instanceof Error ? error.message : 'Stowage could not be started. Reload the page.';
  });
}
