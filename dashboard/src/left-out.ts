import type { JobStatusView } from '../../src/server/api.ts';

/** Messages and rows of a job that came to no result: those that the problems page shows. */
export const leftOutOf = ({ malformed, late, rejected }: JobStatusView): number => malformed + late + rejected;
