import type { Demo } from './demo';

/** The app's key in Connect. */
export const APP = 'io.stowage.assets-backup';

/** The simulated world behind the browser: what happens in Assets and at Atlassian without anybody clicking in the app. */
export class World {
  constructor(
    private readonly demo: Demo,
    readonly site: ReturnType<Demo['site']>,
  ) {}

  /** The people of the site, by their account ids. */
  async people(): Promise<{ administrator: string; ordinaryUser: string }> {
    const { sites } = await this.ask<{ sites: { name: string; administrator: string; ordinaryUser: string }[] }>('GET', `${this.demo.about.sim}/_sim/apps`);
    const found = sites.find((site) => site.name === this.site.name);
    if (!found) throw new Error(`there is no site ${this.site.name}`);
    return found;
  }

  /** What the site does to the app: enable, disable, uninstall, licence. */
  async app(action: string, body: Record<string, unknown> = {}): Promise<void> {
    await this.ask('POST', `${this.demo.about.sim}/_sim/apps/${this.site.name}/${APP}/${action}`, body);
  }

  async install(): Promise<void> {
    await this.ask('POST', `${this.demo.about.sim}/_sim/apps`, { site: this.site.name, descriptorUrl: `${this.demo.about.app}/atlassian-connect.json` });
  }

  /** Puts Assets into the plan of the site, or takes it out. */
  async licenseAssets(licensed: boolean): Promise<void> {
    await this.ask('POST', `${this.demo.about.sim}/_sim/sites/${this.site.name}/assets`, { licensed });
  }

  /** Keeps back the calls of an operation, once so many more have been let through, until they are released. */
  async hold(op: string, pass: number): Promise<void> {
    await this.ask('POST', `${this.demo.about.sim}/_sim/sites/${this.site.name}/hold`, { op, pass });
  }

  async release(): Promise<void> {
    await this.ask('POST', `${this.demo.about.sim}/_sim/sites/${this.site.name}/release`);
  }

  /** Asks the REST API of Assets as the administrator of the site. */
  async assets<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const { email, token, workspaceId } = this.site;
    return this.ask<Answer>(method, `${this.demo.about.sim}/jsm/assets/workspace/${workspaceId}/v1${path}`, body, { authorization: `Basic ${btoa(`${email}:${token}`)}` });
  }

  async schemas(): Promise<{ id: string; name: string; objectSchemaKey: string; objectCount: number }[]> {
    return (await this.assets<{ values: [] }>('GET', '/objectschema/list?maxResults=100&includeCounts=true')).values;
  }

  private async ask<Answer>(method: string, url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as Answer;
  }
}
