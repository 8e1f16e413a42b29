import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export const exec = promisify(execFile);

/** The place of a package that this repository has installed. */
export const installed = (name: string): string => join(process.cwd(), 'node_modules', name);

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** A project that depends on the packed library: only what this names is there. */
export class Project {
  /** What `npm pack` made. */
  readonly tarball: string;
  /** Where it was unpacked. */
  readonly library: string;

  private constructor(
    readonly folder: string,
    archive: string,
  ) {
    this.tarball = join(folder, archive);
    this.library = join(folder, 'node_modules', 'tfjs-flows');
  }

  /** Packs the library as it was built for this run of the tests; `npm publish` builds it anew. */
  static async create(): Promise<Project> {
    const folder = await mkdtemp(join(tmpdir(), 'tfjs-flows-consumer-'));
    await exec('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
      shell: process.platform === 'win32',
    });
    const [archive] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'));
    const project = new Project(folder, archive);
    await project.#install();
    return project;
  }

  async #install(): Promise<void> {
    await mkdir(this.library, { recursive: true });
    await exec('tar', ['-xzf', this.tarball, '-C', this.library, '--strip-components=1']);
    const { dependencies, peerDependencies } = JSON.parse(
      await readFile(join(this.library, 'package.json'), 'utf8'),
    ) as Manifest;
    for (const name of [...Object.keys(dependencies), ...Object.keys(peerDependencies), '@types/node', '@types/long']) {
      if (!existsSync(installed(name))) continue;
      const link = join(this.folder, 'node_modules', name);
      await mkdir(dirname(link), { recursive: true });
      await symlink(installed(name), link, 'junction');
    }
    const manifest = { name: 'consumer', type: 'module', private: true };
    await writeFile(join(this.folder, 'package.json'), JSON.stringify(manifest));
  }

  /**
   * Compiles a file of this folder as a strict project that checks the library's declarations too; returns the program.
   *
   * Complaints about other packages are left out: the WebGPU declarations that TF.js brings along clash with those of
   * TypeScript's own DOM library.
   */
  async compile(file: string, module: string, moduleResolution: string): Promise<string> {
    await copyFile(join('test', 'consumer', `${file}.ts`), join(this.folder, `${file}.ts`));
    const outDir = join(this.folder, moduleResolution);
    const config = join(this.folder, `tsconfig.${moduleResolution}.json`);
    const compilerOptions = {
      target: 'es2022',
      module,
      moduleResolution,
      strict: true,
      skipLibCheck: false,
      types: ['node', 'long'], // TF.js names the global type Long without asking for it.
      outDir,
    };
    await writeFile(config, JSON.stringify({ compilerOptions, files: [`${file}.ts`] }));
    const run = exec(process.execPath, [installed('typescript/bin/tsc'), '-p', config], { cwd: this.folder });
    const output = await run.then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => stdout,
    );
    const relevant = new RegExp(`^(${file}\\.ts|node_modules/tfjs-flows/|error)`);
    const complaints = output.split('\n').filter((line) => relevant.test(line));
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    return join(outDir, `${file}.js`);
  }

  /** Removes everything. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
