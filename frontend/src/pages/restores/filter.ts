import { z } from 'zod';

/** What a restore keeps in its address: whether its log is open. */
export const restoreSearch = z.object({ log: z.literal(true).optional().catch(undefined) });
