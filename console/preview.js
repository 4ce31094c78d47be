// Shows a message that the console hands over, in a page of its own: its rules allow the message's styles and no script of it.
addEventListener("message", (event) => {
  if (event.source !== parent || typeof event.data?.html !== "string") return;
  const made = new DOMParser().parseFromString(event.data.html, "text/html");
  for (const link of made.querySelectorAll("a, area, form")) {
    for (const name of ["href", "action", "target"]) link.removeAttribute(name);
  }
  document.head.append(...made.head.querySelectorAll("style"));
  document.body.replaceChildren(...made.body.childNodes);
  document.body.setAttribute("style", made.body.getAttribute("style") ?? "");
  parent.postMessage({ height: document.documentElement.scrollHeight }, "*");
});
parent.postMessage({ ready: true }, "*");
