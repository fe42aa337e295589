// Adds to package-lock.json the optional packages for other platforms that npm left out. npm leaves out what the registry at hand
// does not have, and `npm ci` then refuses the lock file everywhere. Run after `npm install` has changed package-lock.json.
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = new Set(['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']);
const PROCESSORS = new Set(['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']);
const LIBRARIES = new Map([
  ['gnu', 'glibc'],
  ['gnueabihf', 'glibc'],
  ['musl', 'musl'],
  ['musleabihf', 'musl'],
]);

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = [];
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (lock.packages[path] || !/^\d/.test(version)) continue;
    lock.packages[path] = { version, ...platformOf(name), ...(entry.dev && { dev: true }), optional: true };
    added.push(name);
  }
}
const [root, ...others] = Object.entries(lock.packages);
others.sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root, ...others]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} packages added to package-lock.json`);

/** Such packages carry their platform in their name: `@oxlint/binding-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.replace('/', '-').split('-');
  const system = words.find((word) => SYSTEMS.has(word));
  const processor = words.find((word) => PROCESSORS.has(word));
  const library = words.map((word) => LIBRARIES.get(word)).find(Boolean);
  return {
    ...(processor && { cpu: [processor] }),
    ...(library && system === 'linux' && { libc: [library] }),
    ...(system && { os: [system] }),
  };
}
