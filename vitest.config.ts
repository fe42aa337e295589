import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/stack/**', 'test/browser/**'],
    pool: 'threads',
    // All cores: many tests wait for processes of their own.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // A test that was narrowed down for debugging must not land.
    allowOnly: !process.env.CI,
  },
});
