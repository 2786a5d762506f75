import { z } from 'zod';

/** What the grid of schemas can be narrowed down by. It stands in the address, so that a link shows the same rows. */
export const schemaFilter = z.object({
  q: z.string().min(1).max(255).optional().catch(undefined),
  instance: z.string().min(1).optional().catch(undefined),
  location: z.enum(['Cloud', 'Another Cloud', 'Data Center']).optional().catch(undefined),
  status: z.enum(['Active', 'Inactive', 'Deleted', 'Sync Error']).optional().catch(undefined),
  hideDeleted: z.literal(true).optional().catch(undefined),
});

export type SchemaFilter = z.infer<typeof schemaFilter>;

const KEPT = 'stowage.schemas.filter';

/** Keeps the filter for the tab, so that it is still set after a walk through the app or a refresh of the browser. */
export function keepFilter(filter: SchemaFilter): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(filter));
  } catch {
    // Without storage the filter lasts as long as the address.
  }
}

/** The filter to come back to when the grid is opened without one, or null. */
export function keptFilter(search: SchemaFilter): SchemaFilter | null {
  if (Object.values(search).some((value) => value !== undefined)) return null;
  try {
    const kept = schemaFilter.safeParse(JSON.parse(sessionStorage.getItem(KEPT) ?? '{}'));
    return kept.success && Object.values(kept.data).some((value) => value !== undefined) ? kept.data : null;
  } catch {
    return null;
  }
}
