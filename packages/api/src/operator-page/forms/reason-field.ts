import { failureReasons } from '@waybill/shared/failures/failure-record.ts';
import { type Html, html } from '../html/html.ts';

/** A choice of the reasons that this release knows, and of the one that was chosen. */
export function reasonField(chosen: string | undefined): Html {
  const reasons = new Set<string>([...failureReasons, ...(chosen === undefined ? [] : [chosen])]);
  return html`<select id="reason" name="reason"><option value="">any</option>${[...reasons].map(
    (reason) => html`<option value="${reason}"${reason === chosen && html` selected`}>${reason}</option>`,
  )}</select>`;
}
