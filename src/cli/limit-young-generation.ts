import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8's young generation, in all threads, stay as small as it is. Little of what a job makes lives on, and the rest is freed
 * the sooner: above all network buffers, for which V8 otherwise goes through the whole heap some twenty times a second, and lets
 * tens of megabytes gather meanwhile.
 *
 * V8's flags are part of the key under which compiled code is cached: commands that load the same code after this call must make
 * it, too.
 */
export function limitYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
