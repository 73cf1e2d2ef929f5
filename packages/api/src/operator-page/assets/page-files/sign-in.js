/**
 * Signs in by a link that has the token in its fragment, which no server and no log ever sees. On this machine alone: elsewhere
 * whoever has a token could have others follow such a link, and act under its name. Without it the token is pasted.
 */
const token = location.hash.slice(1);
const field = document.getElementById('token');
const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(location.hostname);
// The fragment of a link within the page is the id of what it leads to.
if (token !== '' && document.getElementById(token) === null && field instanceof HTMLInputElement) {
  history.replaceState(null, '', location.pathname + location.search);
  if (isLoopback) {
    field.value = token;
    field.form?.requestSubmit();
  }
}
