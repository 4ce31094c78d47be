// Signing in: name and password, then whatever else the user pool asks for.
import { answer, appSecret, signIn } from "../api.js";
import { el, field, form, input, note } from "../dom.js";

const CODE = { inputmode: "numeric", autocomplete: "one-time-code", pattern: "[0-9]{6}", required: true, size: 8 };
const STEPS = {
  NEW_PASSWORD_REQUIRED: () => [note("Choose a password of your own: 14 characters or more, with small and capital letters, a digit and a sign."),
    field("New password", input("value", "", { type: "password", autocomplete: "new-password", required: true }))],
  SOFTWARE_TOKEN_MFA: () => [field("Code of your authenticator app", input("value", "", CODE))],
  MFA_SETUP: () => [note("Add an account to your authenticator app with this key, then give the code that it shows."), el("p", {}, el("code", {}, appSecret())),
    field("Code", input("value", "", CODE))],
};

export function page({ again }) {
  const place = el("div", { class: "sign-in card" });
  const step = (next) => {
    if (next === "") {
      again();
      return;
    }
    const fields = STEPS[next]?.() ?? [note(`The user pool asks for “${next}”, which this console does not know.`)];
    place.replaceChildren(head(), form({}, async ({ value }) => step(await answer(value.trim())), fields, el("button", {}, "Go on")));
    place.querySelector("input")?.focus();
  };
  const head = () => el("h1", { tabindex: "-1" }, el("span", { class: "mark", "aria-hidden": "true" }), "Sign in to Courtesy");
  place.append(head(), form({}, async ({ name, password }) => step(await signIn(name.trim(), password)),
    field("E-mail", input("name", "", { autocomplete: "username", required: true, type: "email" })),
    field("Password", input("password", "", { type: "password", autocomplete: "current-password", required: true })),
    el("button", {}, "Sign in")));
  return place;
}
