// The one place that talks to the outside: the API with the person's token, and Cognito for signing in.
const KEY = "courtesy.session";
const session = read();

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function keep(found) {
  Object.assign(session, found);
  sessionStorage.setItem(KEY, JSON.stringify(session));
}

/** A failure that the API described: `status`, `detail`, and the fields that are wrong. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || body.message || `the API answered ${status}`);
    this.status = status;
    this.title = body.title ?? "";
    this.errors = body.errors ?? [];
    this.body = body;
  }
}

export const signedIn = () => Boolean(session.id);

export function signOut() {
  for (const name of Object.keys(session)) delete session[name];
  sessionStorage.removeItem(KEY);
}

/** Who is signed in, as the token says: name, roles, divisions. What may be done is decided by the API, not here. */
export function who() {
  if (!session.id) return { name: "", roles: [], divisions: [] };
  const bytes = Uint8Array.from(atob(session.id.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const claims = JSON.parse(new TextDecoder().decode(bytes));
  const list = (claim) => (Array.isArray(claim) ? claim : String(claim ?? "").replaceAll(/[[\],]/g, " ").split(/\s+/).filter(Boolean));
  return { id: claims.sub, name: claims.email ?? claims["cognito:username"], roles: list(claims["cognito:groups"]), divisions: list(claims["custom:divisions"]), dealer: claims["custom:dealer"] ?? "" };
}

export const may = (...roles) => who().roles.some((role) => roles.includes(role));

/** Ask the API. Raises Problem. `etag` is sent as If-Match; a write carries a key, so that repeating it does it once. */
export async function call(method, path, body, { etag, key, signal } = {}) {
  const answer = await send(method, path, body, { etag, key, signal });
  if (answer.status === 401 && (await renew())) return unpack(await send(method, path, body, { etag, key, signal }));
  return unpack(answer);
}

export const get = (path, options) => call("GET", path, undefined, options);

/** What the API answers, or `otherwise` where the route is not there or not for this role. */
export async function maybe(path, otherwise = null, options) {
  try {
    return await get(path, options);
  } catch (error) {
    if (error instanceof Problem && [403, 404].includes(error.status)) return otherwise;
    throw error;
  }
}

function send(method, path, body, { etag, key, signal }) {
  const headers = { Authorization: `Bearer ${session.id ?? ""}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (etag) headers["If-Match"] = etag;
  if (method !== "GET") headers["Idempotency-Key"] = key ?? crypto.randomUUID();
  return fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { title: "No answer", detail: "The API did not answer. Look at your connection and try again." });
  });
}

async function unpack(answer) {
  const text = await answer.text();
  const found = text && /json/.test(answer.headers.get("Content-Type") ?? "") ? JSON.parse(text) : { detail: text };
  if (answer.status === 401) {
    signOut();
    dispatchEvent(new Event("signed-out"));
  }
  if (!answer.ok) throw new Problem(answer.status, found);
  const etag = answer.headers.get("ETag");
  if (etag && typeof found === "object") Object.defineProperty(found, "etag_", { value: etag, enumerable: false });
  return found;
}

// Signing in with Cognito: a password, and where the pool asks for it a new password or a code of an authenticator app.

let config;

async function cognito(action, body) {
  config ??= await (await fetch("/console/config.json")).json();
  const answer = await fetch(config.cognito, {
    method: "POST",
    headers: { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}` },
    body: JSON.stringify(body),
  });
  const found = await answer.json();
  if (!answer.ok) throw new Problem(answer.status, { detail: found.message ?? found.Message ?? "Signing in did not work; check name and password." });
  return found;
}

/** Begin to sign in; "" when it is done, else the name of what is asked for next: see `answer`. */
export async function signIn(name, password) {
  config ??= await (await fetch("/console/config.json")).json();
  return proceed(await cognito("InitiateAuth", { AuthFlow: "USER_PASSWORD_AUTH", ClientId: config.client, AuthParameters: { USERNAME: name, PASSWORD: password } }), name);
}

let asked = {};

/** Give what was asked for: NEW_PASSWORD_REQUIRED a password, SOFTWARE_TOKEN_MFA and MFA_SETUP the code of the app. */
export async function answer(value) {
  const { challenge, name } = asked;
  let held = asked.session;
  const replies = { USERNAME: name };
  if (challenge === "NEW_PASSWORD_REQUIRED") replies.NEW_PASSWORD = value;
  if (challenge === "SOFTWARE_TOKEN_MFA") replies.SOFTWARE_TOKEN_MFA_CODE = value;
  if (challenge === "MFA_SETUP") held = (await cognito("VerifySoftwareToken", { Session: held, UserCode: value })).Session;
  return proceed(await cognito("RespondToAuthChallenge", { ClientId: config.client, ChallengeName: challenge, Session: held, ChallengeResponses: replies }), name);
}

/** The secret to enter into an authenticator app, when one is to be set up. */
export const appSecret = () => asked.secret;

async function proceed(found, name) {
  if (found.AuthenticationResult) {
    keep({ id: found.AuthenticationResult.IdToken, refresh: found.AuthenticationResult.RefreshToken });
    asked = {};
    return "";
  }
  asked = { challenge: found.ChallengeName, session: found.Session, name };
  if (found.ChallengeName === "MFA_SETUP") {
    const made = await cognito("AssociateSoftwareToken", { Session: found.Session });
    Object.assign(asked, { session: made.Session, secret: made.SecretCode });
  }
  return found.ChallengeName;
}

async function renew() {
  if (!session.refresh) return false;
  try {
    config ??= await (await fetch("/console/config.json")).json();
    const found = await cognito("InitiateAuth", { AuthFlow: "REFRESH_TOKEN_AUTH", ClientId: config.client, AuthParameters: { REFRESH_TOKEN: session.refresh } });
    keep({ id: found.AuthenticationResult.IdToken });
    return true;
  } catch {
    return false;
  }
}
