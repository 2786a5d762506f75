import '@testing-library/jest-dom/vitest';
import { setBooleanFeatureFlagResolver } from '@atlaskit/platform-feature-flags';
import { cleanup, configure } from '@testing-library/react';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { server } from './server';

setBooleanFeatureFlagResolver(() => false);

// A slow machine is no fault of the page.
configure({ asyncUtilTimeout: 30_000 });

class NoResizeObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
vi.stubGlobal('ResizeObserver', NoResizeObserver);
vi.stubGlobal('matchMedia', (query: string) => ({
  matches: false,
  media: query,
  addEventListener() {},
  removeEventListener() {},
  addListener() {},
  removeListener() {},
}));
window.scrollTo = () => {};

// A request that no test foresaw fails that test.
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  cleanup();
  server.resetHandlers();
  localStorage.clear();
  sessionStorage.clear();
});
afterAll(() => server.close());
