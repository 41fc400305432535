import optimizeLocales from '@react-aria/optimize-locales-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env['TENANTRY_URL'] ?? 'http://127.0.0.1:8420';

export default defineConfig({
  plugins: [
    react(),
    // The console's own words are English; React Aria need not carry its thirty other catalogues.
    { ...optimizeLocales.vite({ locales: ['en-US'] }), enforce: 'pre' },
  ],
  server: { proxy: { '/api': server } },
  build: { target: 'es2023', assetsInlineLimit: 0, reportCompressedSize: false, modulePreload: { polyfill: false } },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
