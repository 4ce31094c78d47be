// What the console uses of the YAML library: changing a message's texts in place, so that comments and order stay.
export { parseDocument } from "yaml";
