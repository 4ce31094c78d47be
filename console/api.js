// The one place that talks to the outside: the API with the person's token, and Cognito for signing in.
const KEY = "courtesy.token";
let token = sessionStorage.getItem(KEY) ?? "";

export const signedIn = () => token !== "";

export function signOut() {
  token = "";
  sessionStorage.removeItem(KEY);
}

export async function signIn(name, password) {
  const config = await (await fetch("/console/config.json")).json();
  const answer = await fetch(config.cognito, {
    method: "POST",
    headers: { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth" },
    body: JSON.stringify({ AuthFlow: "USER_PASSWORD_AUTH", ClientId: config.client, AuthParameters: { USERNAME: name, PASSWORD: password } }),
  });
  const body = await answer.json();
  if (!answer.ok || !body.AuthenticationResult) throw new Error(body.message ?? "signing in did not work; check name and password");
  token = body.AuthenticationResult.IdToken;
  sessionStorage.setItem(KEY, token);
}

export async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (answer.status === 401) {
    signOut();
    location.hash = "#sign-in";
    throw new Error("please sign in again");
  }
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.detail ?? found.title ?? found.message ?? `the API answered ${answer.status}`);
  return found;
}
