// Everything that @fal-ai/client can do here, in one process: prints one JSON object of what it saw.
// usage: node js_client.mjs URL IDLE_URL WEBHOOK IMAGE direct|proxy   (IDLE_URL has no runners; the key is in FAL_KEY)
import { readFile } from "node:fs/promises";
import { createFalClient } from "@fal-ai/client";

const TEXT_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video";
const IMAGE_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video";
const input = { prompt: "A paper boat on a pond" };
const [url, idleUrl, webhook, image, road] = process.argv.slice(2);

const here = (base) => (address) =>
  String(address)
    .replace("https://queue.fal.run", base + "/queue")
    .replace("https://fal.run", base + "/run")
    .replace("https://rest.fal.ai", base + "/rest");
const roads = {
  direct: (base) => ({ requestMiddleware: async (request) => ({ ...request, url: here(base)(request.url) }) }),
  proxy: (base) => ({ proxyUrl: { url: base + "/api/fal/proxy", when: "always" } }),
};
// A status stream with a token goes to the platform's address itself, past middleware and proxy; hence `fetch`.
const pointed = (base, more = {}) =>
  createFalClient({ ...roads[road](base), fetch: (address, init) => fetch(here(base)(address), init), ...more });

const failure = async (call) => {
  try {
    await call();
  } catch (error) {
    return { kind: error.name, status: error.status, body: error.body, id: error.requestId, timeoutType: error.timeoutType };
  }
  return { status: 200 };
};
const follow = async (fal, requestId, connectionMode) => {
  const stream = await fal.queue.streamStatus(TEXT_TO_VIDEO, { requestId, logs: true, connectionMode });
  const events = [];
  for await (const event of stream) events.push(event);
  return events.map((event) => event.status);
};

const fal = pointed(url);
const seen = {};
const ran = await fal.run(TEXT_TO_VIDEO, { input });
Object.assign(seen, { run: ran.data, run_id: ran.requestId.length });

for (const mode of ["polling", "streaming"]) {
  const updates = [];
  let enqueued = "";
  const answer = await fal.subscribe(TEXT_TO_VIDEO, {
    input, logs: true, mode, pollInterval: 100, onEnqueue: (id) => (enqueued = id), onQueueUpdate: (it) => updates.push(it),
  });
  const last = updates.at(-1);
  seen[mode] = {
    data: answer.data, same_id: answer.requestId === enqueued, last: last.status, lines: last.logs.map((log) => log.message),
  };
}

const submitted = await fal.queue.submit(TEXT_TO_VIDEO, { input, hint: "near", priority: "low", webhookUrl: webhook + "&id=1" });
const requestId = submitted.request_id;
Object.assign(seen, { webhook_request_id: requestId, envelope: submitted });
seen.stream_server = await follow(fal, requestId, "server");
seen.stream_client = await follow(fal, requestId, "client");
seen.metrics = (await fal.queue.status(TEXT_TO_VIDEO, { requestId, logs: true })).metrics;
const result = await fal.queue.result(TEXT_TO_VIDEO, { requestId });
Object.assign(seen, { result: result.data, result_id_equal: result.requestId === requestId });
seen.late_cancel = await failure(() => fal.queue.cancel(TEXT_TO_VIDEO, { requestId }));
seen.run_invalid = await failure(() => fal.run(TEXT_TO_VIDEO, { input: { prompt: "x", duration: "7" } }));
seen.submit_invalid = await failure(() => fal.subscribe(TEXT_TO_VIDEO, { input: { duration: "7" }, pollInterval: 100 }));
seen.unknown_app = await failure(() => fal.queue.submit("fal-ai/no-such/thing", { input: {} }));
seen.unknown_request = await failure(() =>
  fal.queue.status(TEXT_TO_VIDEO, { requestId: "00000000-0000-4000-8000-000000000000" }));
seen.wrong_key = await failure(() => pointed(url, { credentials: "someone:else" }).queue.submit(TEXT_TO_VIDEO, { input }));
seen.uploaded = await fal.storage.upload(new Blob([await readFile(image)], { type: "image/jpeg" }));
seen.of_upload = (await fal.run(IMAGE_TO_VIDEO, { input: { ...input, image_url: seen.uploaded } })).data;

const idle = pointed(idleUrl);
const place = async (id) => (await idle.queue.status(TEXT_TO_VIDEO, { requestId: id })).queue_position;
const waiting = async (more) => (await idle.queue.submit(TEXT_TO_VIDEO, { input, ...more })).request_id;
const [first, second] = [await waiting({}), await waiting({})];
const [low, normal] = [await waiting({ priority: "low" }), await waiting({ priority: "normal" })];
seen.low_behind_normal = (await place(low)) === (await place(normal)) + 1;
seen.behind = (await place(second)) - (await place(first));
seen.not_ready = await failure(() => idle.queue.result(TEXT_TO_VIDEO, { requestId: first }));
for (const id of [first, second, low, normal]) await idle.queue.cancel(TEXT_TO_VIDEO, { requestId: id });
seen.after_cancel = (await idle.queue.status(TEXT_TO_VIDEO, { requestId: first })).status;
seen.cancelled = await failure(() => idle.queue.result(TEXT_TO_VIDEO, { requestId: first }));
seen.start_timeout = await failure(() =>
  idle.subscribe(TEXT_TO_VIDEO, { input, startTimeout: 1.1, pollInterval: 100 }));
console.log(JSON.stringify(seen));
