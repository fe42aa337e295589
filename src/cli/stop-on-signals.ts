/**
 * Calls `stop` at SIGINT (Ctrl-C), SIGTERM or SIGHUP, once; a second Ctrl-C ends the process at once with status 130. Answers a
 * function that gives the signals back.
 */
export function stopOnSignals(stop: () => void): () => void {
  let interrupts = 0;
  let isStopping = false;
  const stopOnce = (): void => {
    if (!isStopping) stop();
    isStopping = true;
  };
  const interrupt = (): void => {
    if (++interrupts > 1) process.exit(130);
    stopOnce();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', stopOnce);
  process.on('SIGHUP', stopOnce);
  return () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', stopOnce);
    process.off('SIGHUP', stopOnce);
  };
}
