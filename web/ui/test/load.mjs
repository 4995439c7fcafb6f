// load gives a module of src as Node can run it.
import { build } from 'vite';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export async function load(name) {
  const out = await build({ root, configFile: false, logLevel: 'error', publicDir: false, build: { write: false, target: 'es2023', minify: false, lib: { entry: `${root}src/${name}`, formats: ['es'] } } });
  const code = [out].flat()[0].output[0].code;
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}
