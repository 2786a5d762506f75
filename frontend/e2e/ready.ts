import { existsSync } from 'node:fs';
import { binary } from './demo';
import { forgetLooks } from './look';

/** Where Debian's Chromium is, unless STOWAGE_CHROMIUM names another. */
export const chromium = process.env.STOWAGE_CHROMIUM ?? '/usr/bin/chromium';

/** Says in one sentence what is missing, before the first test fails for it. */
export default function ready(): void {
  if (!existsSync(chromium)) throw new Error(`There is no Chromium at ${chromium}: install the package chromium, or name another one in STOWAGE_CHROMIUM.`);
  if (!existsSync(binary)) throw new Error(`There is no ${binary}: run make build first.`);
  forgetLooks();
}
