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
