import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';

/** The program under test: the one make build leaves, unless STOWAGE_BINARY names another. */
export const binary = process.env.STOWAGE_BINARY ?? path.resolve(__dirname, '../../bin/stowage');

/** What `stowage demo --json` says on its first line. */
export interface Announcement {
  /** Where the simulated sites stand, and where the app does. */
  sim: string;
  app: string;
  sites: { name: string; url: string; email: string; token: string; workspaceId: string }[];
}

/** One demo process: simulated sites with the app installed. */
export class Demo {
  private constructor(
    readonly about: Announcement,
    private readonly child: ChildProcess,
    private readonly said: string[],
  ) {}

  /** Starts the demo and waits until it serves. */
  static async start(...args: string[]): Promise<Demo> {
    const child = spawn(binary, ['demo', '--json', '--no-open', '--verbose', '--addr', '127.0.0.1:0', '--app-addr', '127.0.0.1:0', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    const first = await new Promise<string>((resolve, reject) => {
      readline.createInterface({ input: child.stdout }).once('line', resolve);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the demo ended with ${code}: ${said.join('')}`)));
    });
    return new Demo(JSON.parse(first) as Announcement, child, said);
  }

  site(name: string) {
    const found = this.about.sites.find((site) => site.name === name);
    if (!found) {
      throw new Error(`the demo has no site ${name}`);
    }
    return { ...found, base: found.url.replace(/\/jira\/projects$/, '') };
  }

  /** What the process wrote to its log so far. */
  log(): string {
    return this.said.join('');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await gone;
  }
}
