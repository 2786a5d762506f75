import { createMemoryHistory } from '@tanstack/react-router';
import { describe, expect, it, vi } from 'vitest';
import type { Host } from './lib/host';
import { createAppRouter, followPlace } from './router';
import { fakeHost } from './test/render';

describe('the place in the app', () => {
  it('is the one the host remembers, after a refresh', async () => {
    const router = createAppRouter(createMemoryHistory({ initialEntries: ['/'] }));
    await followPlace(router, fakeHost({ place: () => Promise.resolve('/targets?edit=t1') }));
    expect(router.history.location.href).toBe('/targets?edit=t1');
  });

  it('is the address where there is one', async () => {
    const router = createAppRouter(createMemoryHistory({ initialEntries: ['/settings'] }));
    await followPlace(router, fakeHost({ place: () => Promise.resolve('/targets') }));
    expect(router.history.location.href).toBe('/settings');
  });

  it('is taken from what stands after the #, never from the query that the host puts before it', async () => {
    window.history.replaceState(null, '', '/app/admin?xdm_e=x&jwt=secret');
    const keepPlace = vi.fn<Host['keepPlace']>();
    const router = createAppRouter();
    expect(router.history.location.href).toBe('/');
    await followPlace(router, fakeHost({ keepPlace, place: () => Promise.resolve('/targets?add=true') }));
    await router.load();
    expect(router.history.location.href).toBe('/targets?add=true');
    expect(router.state.location.search).toEqual({ add: true });
    expect(window.location.href).toMatch(/\/app\/admin\?xdm_e=x&jwt=secret#\/targets\?add=true$/);
    expect(JSON.stringify(keepPlace.mock.calls)).not.toContain('secret');
  });

  it('never leaves the app', async () => {
    const router = createAppRouter(createMemoryHistory({ initialEntries: ['/'] }));
    await followPlace(router, fakeHost({ place: () => Promise.resolve('https://evil.example') }));
    expect(router.history.location.href).toBe('/');
  });

  it('is told to the host whenever it changes', async () => {
    const keepPlace = vi.fn<Host['keepPlace']>();
    const router = createAppRouter(createMemoryHistory({ initialEntries: ['/'] }));
    await followPlace(router, fakeHost({ keepPlace }));
    await router.load();
    await router.navigate({ to: '/targets', search: { add: true } });
    await vi.waitFor(() => expect(keepPlace).toHaveBeenCalledWith('/targets?add=true'));
  });
});
