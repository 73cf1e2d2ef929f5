import type { Readable } from 'node:stream';

/** Everything that comes on a stream, as text. */
export async function readAll(stdin: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stdin.setEncoding('utf8')) text += chunk;
  return text;
}

const ctrlC = '\u0003';
const deletes = /[\b\u007f]/;

/**
 * A line that is typed on a terminal without echo. Typed Ctrl-C is the operator's Ctrl-C: a terminal that does not echo sends
 * no signal for it. Rejects with the signal's reason once it aborts.
 */
export async function readUnseen(stdin: Readable & { setRawMode?: (isRaw: boolean) => void }, signal: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let line = '';
  const onData = (chunk: Buffer | string) => {
    for (const character of String(chunk)) {
      if (character === ctrlC) process.kill(process.pid, 'SIGINT');
      if (character === '\n' || character === '\r') return resolve();
      if (deletes.test(character)) line = line.slice(0, -1);
      else line += character;
    }
  };
  stdin.setRawMode?.(true);
  stdin.on('data', onData);
  stdin.on('end', resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  try {
    await promise;
  } finally {
    stdin.off('data', onData);
    stdin.off('end', resolve);
    stdin.setRawMode?.(false);
    stdin.pause();
  }
  signal.throwIfAborted();
  return line;
}
