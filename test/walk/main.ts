import { pollerWalk } from './poller-walk.ts';
import { processorWalk } from './processor-walk.ts';

/*
 * Prints the sources that one event enters on its way, by the headings of docs/architecture.md:
 *   npm exec --call "node test/walk/main.ts"
 */
// What the SDK's clients want to know though nothing is sent.
Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
const walks = { 'From page to queue': await pollerWalk(), 'From message to table': await processorWalk() };
if (process.argv.includes('--json')) console.log(JSON.stringify(walks));
else
  for (const [heading, files] of Object.entries(walks)) {
    console.log(`${heading}: ${files.length} files`);
    for (const file of files) console.log(`  ${file}`);
  }
