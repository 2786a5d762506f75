import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';

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

  /** Starts the demo of the built binary and waits until it serves. */
  static async start(...args: string[]): Promise<Demo> {
    const binary = path.resolve(__dirname, '../../bin/stowage');
    if (!existsSync(binary)) {
      throw new Error(`${binary} is not there: run make build first`);
    }
    const child = spawn(binary, ['demo', '--json', '--no-open', '--addr', '127.0.0.1:0', '--app-addr', '127.0.0.1:0', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    const first = await new Promise<string>((resolve, reject) => {
      readline.createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`the demo ended with ${code}: ${said.join('')}`)));
    });
    return new Demo(JSON.parse(first) as Announcement, child, said);
  }

  site(name: string) {
    const found = this.about.sites.find((site) => site.name === name);
    if (!found) {
      throw new Error(`the demo has no site ${name}`);
    }
    return found;
  }

  /** What the process wrote to its log so far. */
  log(): string {
    return this.said.join('');
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await gone;
  }
}
