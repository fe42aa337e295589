import type { OptionReader } from './options.ts';

/**
 * Flink's per-source watermark options. Watermarks advance with every record here, which is Flink's `on-event` and gives
 * the same answers as `on-periodic` wherever Flink's do not depend on timing. Aligning sources only slows some of them down.
 */
export function bindWatermarkOptions(reader: OptionReader): { readonly idleTimeoutMs: number | undefined } {
  reader.oneOf('scan.watermark.emit.strategy', ['on-event', 'on-periodic'], 'on-periodic');
  reader.unsupported('scan.watermark.alignment.group', 'sources are not aligned with each other');
  reader.durationMs('scan.watermark.alignment.max-drift');
  reader.durationMs('scan.watermark.alignment.update-interval');
  return { idleTimeoutMs: reader.durationMs('scan.watermark.idle-timeout') };
}
