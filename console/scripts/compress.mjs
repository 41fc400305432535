// Writes a brotli copy beside every file that gets smaller by it, so that the server never compresses while it serves,
// and holds the build to the size that a first visit may have.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const COMPRESSIBLE = /\.(?:js|css|html|svg|json)$/u;
const WORTH_IT = 512;
/** Bytes of script, brotli, before the customers list stands. */
const BUDGET = 220_000;

const sizes = new Map();
for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !COMPRESSIBLE.test(path)) continue;
  const plain = readFileSync(path);
  sizes.set(path, plain.length);
  if (plain.length < WORTH_IT) continue;
  const small = brotliCompressSync(plain, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
  });
  writeFileSync(`${path}.br`, small);
  sizes.set(path, small.length);
}

/** Parts that are asked for as soon as the list is drawn: a first visit has them, too. */
const AT_ONCE = ['ViewsMenu'];

const initial = initialScripts();
const total = initial.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
console.log(`${sizes.size} files; first visit: ${initial.length} scripts of ${(total / 1000).toFixed(0)} kB, brotli`);
if (total > BUDGET) {
  console.error(`That is more than ${BUDGET / 1000} kB.`);
  process.exit(1);
}

/** What index.html loads, the page of the list and its parts, with all that these import. */
function initialScripts() {
  const html = readFileSync('dist/index.html', 'utf8');
  const found = new Set([...html.matchAll(/(?:src|href)="\/([^"]+\.js)"/gu)].map(([, path]) => join('dist', path)));
  if (sizes.has(join('dist', 'start.js'))) found.add(join('dist', 'start.js'));
  for (const part of ['CustomersPage', ...AT_ONCE]) {
    const path = [...sizes.keys()].find((name) => new RegExp(`/${part}-[^/]*\\.js$`, 'u').test(name));
    if (!path) throw new Error(`There is no script of ${part} any more: the first visit is counted without it.`);
    found.add(path);
  }
  for (const path of found) {
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/gu)) {
      found.add(join('dist/assets', name));
    }
  }
  return [...found];
}
