/** Signs in by a link that has the token in its fragment, which no server and no log ever sees. Without it the token is pasted. */
const token = decodeURIComponent(location.hash.slice(1));
const field = document.getElementById('token');
if (token !== '' && field instanceof HTMLInputElement) {
  history.replaceState(null, '', location.pathname + location.search);
  field.value = token;
  field.form?.requestSubmit();
}
