import { givenOrExit } from '@waybill/shared/process/program.ts';
import { pollerWalk } from './poller-walk.ts';
import { processorWalk } from './processor-walk.ts';

const { values } = givenOrExit({
  command: 'test/walk/main.ts',
  says: 'Prints the sources that one event enters on its way, by the headings of docs/architecture.md.',
  flags: { json: { type: 'boolean', says: 'as JSON' } },
  examples: [{ line: 'npm exec --call "node test/walk/main.ts"', says: 'after a file on the way was added or moved' }],
  exitCode: '0 printed, 1 a failure, 2 wrong flags.',
  docs: ['docs/architecture.md#one-event-from-page-to-table'],
});
// What the SDK's clients want to know though nothing is sent.
Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
const walks = { 'From page to queue': await pollerWalk(), 'From message to table': await processorWalk() };
if (values.has('json')) console.log(JSON.stringify(walks));
else
  for (const [heading, files] of Object.entries(walks)) {
    console.log(`${heading}: ${files.length} files`);
    for (const file of files) console.log(`  ${file}`);
  }
