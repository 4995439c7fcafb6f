import react from '@vitejs/plugin-react';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig } from 'vite';

// Where `npm run dev` finds the API: a server, or e2e/mock.mjs.
const api = process.env.MARU_URL ?? 'http://127.0.0.1:7799';

// compressed writes NAME.br and NAME.gz next to what a browser would gain by:
// the server sends them as they are.
function compressed() {
  let dir = '';
  return {
    name: 'maru-compressed',
    apply: 'build',
    configResolved(config) { dir = join(config.root, config.build.outDir); },
    closeBundle() {
      for (const name of readdirSync(dir, { recursive: true })) {
        const file = join(dir, name);
        if (!/\.(js|css|html|svg|json|webmanifest)$/.test(name) || !statSync(file).isFile()) continue;
        const text = readFileSync(file);
        if (text.length < 512) continue;
        writeFileSync(`${file}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }));
        writeFileSync(`${file}.gz`, gzipSync(text, { level: 9 }));
      }
      writeFileSync(join(dir, '.keep'), ''); // so that Go can embed a tree without a build
    },
  };
}

// named puts its text's hash behind what the first page asks for by a fixed
// name: so a browser keeps it (web/pages.go), and asks again once it changes.
function named() {
  let dir = '';
  return {
    name: 'maru-named',
    apply: 'build',
    configResolved(config) { dir = config.publicDir; },
    transformIndexHtml: html => html.replace(/(?:href|src)="\/(icon\.svg|theme\.js)(?=")/g, (all, name) => `${all}?v=${createHash('sha256').update(readFileSync(join(dir, name))).digest('hex').slice(0, 12)}`),
  };
}

export default defineConfig({
  plugins: [react(), compressed(), named()],
  build: {
    target: 'es2023',
    assetsInlineLimit: 0, // a data: font or image would need a weaker CSP
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    manifest: true, // dist/.vite/manifest.json: what tools/size.mjs adds up
  },
  server: { port: 7790, proxy: { '/api': { target: api, changeOrigin: true }, '/healthz': api } },
});
