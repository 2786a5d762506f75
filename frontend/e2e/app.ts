import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';
import type { Demo } from './demo';
import { look } from './look';
import type { Watch } from './watch';
import { APP } from './world';

/** The name of the app's page in the "Apps" menu, and of its frame. */
const PAGE = 'Assets backup and migration';

/** The app, as somebody in the small Jira has it in front of them. */
export class App {
  readonly frame: FrameLocator;

  constructor(
    readonly page: Page,
    private readonly watch: Watch,
    readonly site: ReturnType<Demo['site']>,
  ) {
    this.frame = page.frameLocator(`iframe[title="${PAGE}"]`);
  }

  get main(): Locator {
    return this.frame.getByRole('main');
  }

  get dialog(): Locator {
    return this.frame.getByRole('dialog');
  }

  heading(name: string | RegExp): Locator {
    return this.frame.getByRole('heading', { name });
  }

  button(name: string | RegExp): Locator {
    return this.main.getByRole('button', { name, exact: typeof name === 'string' });
  }

  field(name: string): Locator {
    return this.frame.getByRole('textbox', { name, exact: true });
  }

  /** What happens is told by the small Jira, outside the frame. */
  flag(text: string | RegExp): Locator {
    return this.page.getByRole('region', { name: 'Messages' }).getByRole('heading', { name: text });
  }

  /** Opens the app at a place of it, as a bookmark does. */
  async open(place = ''): Promise<void> {
    await this.page.goto(`${this.site.base}/plugins/servlet/ac/${APP}/admin${place ? `#!${place}` : ''}`);
  }

  /** Chooses one of the ways at the top of the app. */
  async go(name: 'Home' | 'Schemas' | 'Restores' | 'Target instances' | 'Settings'): Promise<void> {
    await this.frame.getByRole('navigation', { name: 'Stowage' }).getByRole('link', { name, exact: true }).click();
  }

  /** Looks at what is shown, in both themes, wide and narrow; see look. */
  async look(name: string): Promise<void> {
    this.watch.faults.push(...(await look(this.page, name)));
  }

  /** The row of a table that has a text as the name of it. */
  row(name: string | RegExp): Locator {
    return this.frame.getByRole('row').filter({ has: this.frame.getByRole('rowheader', { name }) });
  }

  /** The small print below a field, as it is read out together with it. */
  async says(field: string, message: string | RegExp): Promise<void> {
    await expect(this.field(field)).toHaveAccessibleDescription(message);
    await expect(this.field(field)).toHaveAttribute('aria-invalid', 'true');
  }

  /** Goes through the set-up with the right credentials, with the mouse. */
  async setUp(): Promise<void> {
    await this.open();
    await this.field('Email').fill(this.site.email);
    await this.field('API Token').fill(this.site.token);
    await this.button('Find it for me').click();
    await expect(this.field('Workspace ID')).toHaveValue(this.site.workspaceId);
    await this.button('Save and Continue').click();
    await expect(this.heading('Backup storage')).toBeVisible();
    await this.button('Save and Continue').click();
    await this.button('Sync schemas').click();
    await expect(this.heading('Synced schemas')).toBeVisible();
  }

  /** Backs a schema up from the grid and waits until that is done. */
  async backUp(schema: string, description?: string): Promise<void> {
    await this.go('Schemas');
    await this.row(schema).getByRole('button', { name: 'Backup now' }).click();
    if (description) await this.dialog.getByRole('textbox', { name: 'Description' }).fill(description);
    await this.dialog.getByRole('button', { name: 'Yes' }).click();
    await expect(this.dialog).toBeHidden();
    await expect(this.row(schema).getByRole('button', { name: 'Backup now' })).toBeVisible();
    await expect(this.row(schema)).toContainText('Disabled');
  }

  /** Opens the wizard for the latest backup of a schema. */
  async select(schema: string): Promise<void> {
    await this.go('Schemas');
    await expect(this.heading('Synced schemas')).toBeVisible();
    await this.row(schema).getByRole('link', { name: 'Restore' }).click();
    await this.frame.getByRole('link', { name: /^Select backup/ }).or(this.frame.getByRole('button', { name: /^Select backup/ })).first().click();
    await expect(this.frame.getByRole('heading', { name: 'Destination' })).toBeVisible();
  }

  /** Restores the latest backup of a schema into a new one; `before` is done once the plan is there. */
  async restore(schema: string, name: string, key: string, before?: () => Promise<void>): Promise<void> {
    await this.select(schema);
    await this.button('Continue').click();
    await this.field('Schema name').fill(name);
    await this.field('Schema key').fill(key);
    await this.button('Continue').click();
    await expect(this.heading('Options')).toBeVisible();
    await this.button('Continue').click();
    await expect(this.button('Restore')).toBeEnabled();
    await before?.();
    await this.button('Restore').click();
    await expect(this.heading(`Restore of ${schema} to ${name}`)).toBeVisible();
  }
}

/** Presses Tab until the focus is where it should be, as somebody without a mouse does. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement && element.ownerDocument.hasFocus())) return;
  }
  throw new Error(`sixty presses of Tab did not lead to ${target.toString()}`);
}
