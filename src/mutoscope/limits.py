"""Every bound that is not a setting, with its unit; reaching one gives an error that names it."""

from typing import Final

# --- the wire ---------------------------------------------------------------
JSON_DEPTH_MAX: Final = 64
"""Nested arrays and objects in a request body."""
JSON_VALUES_MAX: Final = 100_000
"""Values in a request body, told by its brackets, braces and commas; a motion brush to the full has about 1 500."""
ECHOED_INPUT_CHARS_MAX: Final = 1_000
"""Characters of an offending value that an error repeats; a data URI is megabytes."""
ECHOED_INPUT_NODES_MAX: Final = 1_000
"""Values inside an offending array or object that an error repeats."""
HEAD_BYTES_MAX: Final = 64 * 1024
"""Request line and headers; counted as they come, so that one network read more may pass."""
HEAD_TIMEOUT_S: Final = 60.0
"""A connection that brings no whole request head within this is closed."""
PIPELINE_REQUESTS_MAX: Final = 256
"""Requests that a connection may send ahead while an earlier one is answered; with more it is closed."""
BODY_SILENCE_S_MAX: Final = 60.0
"""A caller in the middle of a body that sends nothing for so long is given up."""
TAKE_SILENCE_S_MAX: Final = 60.0
"""A caller that takes nothing of a file for so long is hung up on; players come back with a range."""
LINGER_S: Final = 2.0
"""A caller whose body was refused unread is heard out this long, so that it gets to read why."""
RETRY_AFTER_S: Final = 5
"""What a 429 or 503 asks the caller to wait."""
QUERY_CHARS_MAX: Final = 32_768
"""A webhook of URL_CHARS_MAX with every character percent-encoded, and room beside it."""
QUERY_FIELDS_MAX: Final = 32
IDEMPOTENCY_KEY_CHARS_MAX: Final = 255
ENDPOINT_ID_CHARS_MAX: Final = 256
HINT_CHARS_MAX: Final = 256
"""Characters of a hint or tag that the log shows."""
RETRIES_MAX: Final = 9
"""Further starts that `X-Fal-Retry-Config` may ask for."""
START_TIMEOUT_S_MIN: Final = 0.1
"""`X-Fal-Request-Timeout` must be above this."""
TOKEN_LIFETIME_S_MAX: Final = 3_600
"""`token_expiration` of a temporary token."""
TOKEN_APPS_MAX: Final = 8
"""Applications that one temporary token opens."""
STREAM_PING_S: Final = 15.0
OPENAPI_DOCUMENTS_MAX: Final = 256
"""Documents of endpoints kept ready, some 17 kB each; they are made in a millisecond."""
SMALL_BODY_BYTES_MAX: Final = 64 * 1024
"""Body of a call that has a few fields: to the platform API or the operator's socket, for a token or an upload."""
CONTROL_LIST_ROWS_MAX: Final = 1_000
KEY_NAME_CHARS_MAX: Final = 100
STATUS_RECHECK_S: Final = 1.0
"""A lost notification costs a watcher at most this."""

# --- the platform API --------------------------------------------------------
PAGE_ITEMS_MAX: Final = 100
"""Items of one page of a list."""
PAGE_PAYLOAD_BYTES_MAX: Final = 16 * 1024 * 1024
"""Arguments and results that one page of the history carries; it ends early, and the next goes on."""
BUCKETS_MAX: Final = 1_500
"""Buckets of one page of usage or analytics: a day of minutes, with room."""
ENDPOINT_IDS_MAX: Final = 50
"""Endpoints that one call names."""
PLATFORM_QUERY_FIELDS_MAX: Final = 256
SEARCH_CHARS_MAX: Final = 200
"""Words that models are searched by."""
TIME_ZONE_CHARS_MAX: Final = 64
ESTIMATE_QUANTITY_MAX: Final = 1_000_000_000
"""Units or calls of one endpoint in an estimate."""
CURSOR_LIFETIME_S: Final = 86_400.0
"""How long the cursor of a list leads on."""
HISTORICAL_PRICE_DAYS: Final = 30
"""Days of own calls that `historical_api_price` looks back on."""
PRIVATE_RESULT_S_MAX: Final = 3_600.0
"""The result of a request with `X-Fal-Store-IO: 0` is kept this long after its end."""

# --- arguments --------------------------------------------------------------
PROMPT_CHARS_MAX: Final = 2_500
"""What Kling itself takes."""
SHOT_PROMPT_CHARS_MAX: Final = 512
"""The same for one shot of a storyboard."""
DYNAMIC_MASKS_MAX: Final = 6
TRAJECTORY_POINTS_MIN: Final = 2
TRAJECTORY_POINTS_MAX: Final = 77
TRAJECTORY_COORDINATE_PX_MIN: Final = -100_000
TRAJECTORY_COORDINATE_PX_MAX: Final = 100_000
"""A path may leave the picture; a picture of IMAGE_ASPECT_MAX has no side near this."""
SEED_MAX: Final = 2**32 - 1
ARGUMENT_NOTES_MAX: Final = 50
"""Notes on one request's arguments (ignored keys and the like); further ones are dropped."""
ARGUMENT_ERRORS_MAX: Final = 100
"""Error objects in one 422."""

# --- fetching inputs --------------------------------------------------------
REDIRECTS_MAX: Final = 5
URL_CHARS_MAX: Final = 8_192
FETCH_CONNECT_TIMEOUT_S: Final = 10.0

# --- webhooks ---------------------------------------------------------------
WEBHOOKS_IN_FLIGHT_MAX: Final = 64
"""Deliveries at once."""
WEBHOOKS_PER_HOST_MAX: Final = 4
"""Of those, to one host and port: a receiver that never answers holds up only itself."""
REPLY_BYTES_MAX: Final = 1_024
"""Of a receiver's answer; nobody looks at it."""

# --- pictures ---------------------------------------------------------------
IMAGE_SIDE_PX_MIN: Final = 300
"""As Kling has it."""
IMAGE_ASPECT_MAX: Final = 10.0
"""Longer side over shorter side; Kling itself refuses more than 2.5."""
MASK_ASPECT_TOLERANCE: Final = 0.01

# --- the queue --------------------------------------------------------------
QUEUE_BLOCK_ROWS: Final = 256
"""Requests counted together by one block counter (position = sum of blocks + rank in the last)."""
WRITE_BATCH_OPS_MAX: Final = 128
"""Operations that one commit takes."""
HEAVY_PAYLOAD_BYTES: Final = 256 * 1024
"""Larger arguments are written and read beside the event loop."""
WAL_BYTES_MAX: Final = 16 * 1024 * 1024
"""The write-ahead log is copied into the database when it is larger."""
WAL_COMMITS_MAX: Final = 256
"""The same after this many commits, so that readers never search a long log."""
READ_ROWS_MAX: Final = 256
"""Rows that one read on the event loop looks up; larger reads go to a thread."""
RUNS_LEARNED_MAX: Final = 200
"""Finished requests that a start of the server learns run times from."""
EXPIRE_ROWS_MAX: Final = 100
"""Rows that one sweep changes, so that it never holds the writer for long."""
EVENTS_PER_REQUEST_MAX: Final = 10_000
LOG_MESSAGE_CHARS_MAX: Final = 4_000

# --- runners ----------------------------------------------------------------
MESSAGE_BYTES_MAX: Final = 8 * 1024 * 1024
"""One line of the wall protocol."""
RESULT_BYTES_MAX: Final = 4 * 1024 * 1024
"""A function's result, or one partial result, as JSON; less than MESSAGE_BYTES_MAX, since its files are told beside."""
RESULT_FILES_MAX: Final = 1_000
"""Files in a function's result."""
PARTIALS_WAITING_BYTES_MAX: Final = 16 * 1024 * 1024
"""Partial results that wait for a caller who reads a stream slower than they come; then the stream is given up."""
RUNNER_START_TIMEOUT_S: Final = 120.0
EVENT_FLUSH_S: Final = 0.05
"""Logs and progress of a runner are written together at most this late."""
RESPAWN_DELAY_S_MAX: Final = 30.0

# --- files ------------------------------------------------------------------
FILE_CHUNK_BYTES: Final = 1024 * 1024
FILE_NAME_CHARS_MAX: Final = 100
"""Of an uploaded file; a longer name is cut."""
UPLOAD_PIECE_BYTES: Final = 512 * 1024
"""What one upload holds in memory before it is written."""
UPLOAD_PARTS_MAX: Final = 10_000
"""Highest number of a part."""
UPLOAD_PARTS_BODY_BYTES_MAX: Final = 2 * 1024 * 1024
"""Body that names all parts of an upload, some 80 bytes each."""
UPLOADS_HELD_BYTES_MAX: Final = 64 * 1024 * 1024
"""What all uploads together hold in memory; above that they write smaller pieces than UPLOAD_PIECE_BYTES."""
UPLOAD_LIFETIME_S: Final = 3_600.0
"""Within this an upload has to begin, counted from its initiation."""
UPLOAD_IN_PARTS_LIFETIME_S: Final = 86_400.0
"""Within this an upload in parts has to be complete; what is left of one is deleted."""
CDN_TOKEN_LIFETIME_S: Final = 3_600.0
LIFECYCLE_CHARS_MAX: Final = 2_048
"""Of an object lifecycle header."""
LIFECYCLE_S_MAX: Final = 100 * 365 * 86_400
"""`expiration_duration_seconds`: a hundred years."""
