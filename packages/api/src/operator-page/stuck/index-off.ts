import { openParcelsIndex } from '@waybill/shared/resources.ts';
import { type Html, html } from '../html/html.ts';

/** Shown where the parcels table has no index of open parcels: the screen reads no table whole. */
export function indexOff(since: string): Html {
  return html`<p class="sentence">Stuck parcels cannot be listed here: the parcels table has no index <code>${openParcelsIndex.name}</code> that can be read.</p>
<p>To switch it on:</p>
<ol class="steps">
<li>deploy with <code>-c openIndex=true</code>;</li>
<li>run <code>waybill parcels reindex --dry-run</code>, which says what parcels of an older release need, and what that costs.</li>
</ol>
<p>Without it, <code>waybill parcels stuck --since ${since}</code> lists them all the same: it reads the whole table. An index that is being created serves as soon as it is there.</p>
<p class="next"><a class="button quiet" href="/stuck">Look again</a></p>`;
}
