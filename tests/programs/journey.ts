// A client typed by the document uploads, shares, opens, renews and revokes. Prints what it saw.
// journey.js SERVER ORGANISATION KEY FILE
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const [server, org, key, path] = process.argv.slice(2) as [string, string, string, string];
const owner = createClient<paths>({ baseUrl: server, headers: { "X-API-Key": key } });
const stranger = createClient<paths>({ baseUrl: server, headers: { Accept: "application/json" } });

// The share URL answers browsers with a page: as text, which this program never asks for.
function json<T>(told: T | undefined): Exclude<T, string> {
  if (told === undefined || typeof told === "string") throw new Error("not JSON");
  return told as Exclude<T, string>;
}

function got<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

async function upload(): Promise<components["schemas"]["TrackAnswer"]> {
  const file = new Blob([readFileSync(path)], { type: "audio/wav" });
  const fields = { file: "", engine: "studio", title: "Typed", mode: "focus" as const };
  return got(
    await owner.POST("/v1/music/{org}/tracks", {
      params: { path: { org }, header: { "Idempotency-Key": "two" } },
      body: fields,
      bodySerializer: (told) => {
        const form = new FormData();
        for (const [name, value] of Object.entries(told)) {
          form.append(name, name === "file" ? file : String(value));
        }
        return form;
      },
    }),
  );
}

async function open(token: string, session?: string) {
  const header = session === undefined ? {} : { "Listen-Session": session };
  return stranger.GET("/v1/music/shared/{token}", { params: { path: { token }, header } });
}

const track = await upload();
const body: components["schemas"]["LinkTerms"] = { max_opens: 1, allow_download: true, preview: true, strict_open: false };
const target = { params: { path: { org, track_id: track.id } } };
const link = got(await owner.POST("/v1/music/{org}/tracks/{track_id}/share", { ...target, body }));
const bare = got(await owner.POST("/v1/music/{org}/tracks/{track_id}/share", target));

const opened = await open(link.token);
const view = json(got(opened));
const session = opened.response.headers.get("Listen-Session") ?? "";
const renewed = await open(link.token, session);
const spent = await open(link.token);
const header = { "Listen-Session": session };
const shared = { params: { path: { token: link.token }, header } };
const details = got(await stranger.GET("/v1/music/shared/{token}/details", shared));
const heard = await stranger.POST("/v1/music/shared/{token}/listen", {
  ...shared,
  body: { track_id: track.id },
});
const one = { params: { path: { org, share_id: link.id } } };
const told = got(await owner.GET("/v1/music/{org}/share/{share_id}", one));
const revoked = got(await owner.DELETE("/v1/music/{org}/share/{share_id}", one));
const after = await open(link.token, session);
const licence: components["schemas"]["LicenceClass"] | undefined = view.track?.licence.licence_class;

console.log(
  JSON.stringify({
    uploaded: [track.measured_duration_seconds, track.mode],
    bare: bare.token.startsWith("shr_"),
    view: [view.kind, licence],
    renewed: [renewed.response.status, renewed.response.headers.get("Listen-Session") === session],
    spent: [spent.response.status, json(spent.error).error.code],
    details: details.tracks.map((shown) => shown.title),
    heard: heard.response.status,
    opens: told.opens,
    state: told.state,
    revoked: revoked.detail,
    after: [after.response.status, json(after.error).error.message],
  }),
);
