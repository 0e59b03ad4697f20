// Sign-in at any OpenID Connect issuer: the authorization code flow with PKCE (RFC 7636), without a library.
// The token is kept for this tab alone, and is sent to the API and to nobody else.

const TOKEN = "token";
const PENDING = "sign-in";

export class SignedOut extends Error {}

/** The JWT; null where nobody is signed in, or not any more. */
export function token() {
  const kept = JSON.parse(sessionStorage.getItem(TOKEN) ?? "null");
  return kept && kept.until > Date.now() ? kept.jwt : null;
}

export function signOut() {
  sessionStorage.removeItem(TOKEN);
}

/** Leaves this page for the issuer's, which comes back to it. */
export async function signIn(config) {
  const { authorization_endpoint } = await discovered(config);
  const pending = { state: random(), verifier: random(), hash: location.hash };
  sessionStorage.setItem(PENDING, JSON.stringify(pending));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pending.verifier));
  const asked = new URLSearchParams({
    response_type: "code",
    client_id: config.client_id,
    redirect_uri: here(),
    scope: config.scope,
    state: pending.state,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  });
  location.assign(`${authorization_endpoint}?${asked}`);
}

/** Where the issuer has just come back: takes the token. Throws what went wrong, in words. */
export async function comeBack(config) {
  const answer = new URLSearchParams(location.search);
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? "null");
  if (!answer.has("state")) return;
  sessionStorage.removeItem(PENDING);
  history.replaceState(null, "", `${here()}${pending?.hash ?? ""}`);
  if (answer.has("error")) throw new Error(`You were not signed in (${answer.get("error")}).`);
  if (!pending || answer.get("state") !== pending.state) throw new Error("Please sign in again.");
  const { token_endpoint } = await discovered(config);
  const response = await fetch(token_endpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: config.client_id,
      redirect_uri: here(),
      code: answer.get("code"),
      code_verifier: pending.verifier,
    }),
  });
  if (!response.ok) throw new Error("The sign-in did not succeed. Please try again.");
  const given = await response.json();
  const jwt = given[config.token];
  sessionStorage.setItem(TOKEN, JSON.stringify({ jwt, until: Date.now() + (given.expires_in - 30) * 1000 }));
}

async function discovered(config) {
  const response = await fetch(`${config.issuer}/.well-known/openid-configuration`);
  if (!response.ok) throw new Error("The sign-in can't be reached. Please try again.");
  return response.json();
}

const here = () => location.origin + location.pathname;

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
