// Writes a brotli copy beside every file that gets smaller by it, so that the server never compresses while it serves.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const COMPRESSIBLE = /\.(?:js|css|html|svg|json)$/u;
const WORTH_IT = 512;

let files = 0;
for (const entry of readdirSync('dist', { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !COMPRESSIBLE.test(path)) continue;
  const plain = readFileSync(path);
  if (plain.length < WORTH_IT) continue;
  const small = brotliCompressSync(plain, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
  });
  writeFileSync(`${path}.br`, small);
  files += 1;
}
console.log(`${files} files compressed`);
