import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type Schemas = components["schemas"];

/**
 * A client of the API for drivers. `url` ends in `/v1`. `token` gives the JWT of the driver who is signed in; it is
 * asked before each call, so that it may renew one that expires. `language` is "en" or "hi".
 */
export function driverApi(
  url: string,
  token: () => string | Promise<string>,
  language?: "en" | "hi",
): Client<paths> {
  const client = createClient<paths>({ baseUrl: url });
  client.use({
    async onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${await token()}`);
      if (language) request.headers.set("Accept-Language", language);
      return request;
    },
  });
  return client;
}
