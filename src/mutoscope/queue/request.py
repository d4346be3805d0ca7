"""
What a request is, and every move it can make.

Two rules. All moves are in `MOVES`; a move that is not there does not happen. This file knows no store and no wire.
Terminal states have no row: a finished request never changes, a requeue is a new request.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import NamedTuple


class State(StrEnum):
    """Where a request is. The wire knows only three words for it, see `WIRE_STATUS`."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL


class Event(StrEnum):
    """What moves a request."""

    CLAIM = "claim"
    """A runner takes it, with a lease and a fencing token."""
    SUCCEED = "succeed"
    FAIL = "fail"
    LOSE = "lose"
    """Its runner died, hung past its lease, or the server restarted; starts are left."""
    EXHAUST = "exhaust"
    """As LOSE, and no start is left."""
    RELEASE = "release"
    """A graceful stop gives it back to its old place; the start is not counted."""
    CANCEL = "cancel"
    EXPIRE = "expire"
    """Its start deadline passed while it waited."""


TERMINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})

MOVES: dict[tuple[State, Event], State] = {
    (State.QUEUED, Event.CLAIM): State.RUNNING,
    (State.QUEUED, Event.CANCEL): State.CANCELLED,
    (State.QUEUED, Event.EXPIRE): State.FAILED,
    (State.RUNNING, Event.SUCCEED): State.SUCCEEDED,
    (State.RUNNING, Event.FAIL): State.FAILED,
    (State.RUNNING, Event.CANCEL): State.CANCELLED,
    (State.RUNNING, Event.LOSE): State.QUEUED,
    (State.RUNNING, Event.EXHAUST): State.FAILED,
    (State.RUNNING, Event.RELEASE): State.QUEUED,
}

WIRE_STATUS: dict[State, str] = {
    State.QUEUED: "IN_QUEUE",
    State.RUNNING: "IN_PROGRESS",
    State.SUCCEEDED: "COMPLETED",
    State.FAILED: "COMPLETED",
    State.CANCELLED: "COMPLETED",
}


class Priority(IntEnum):
    """Low waits behind every normal of the same pool."""

    NORMAL = 0
    LOW = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a request ended: the answer that every later look at it repeats."""

    state: State
    """Terminal."""
    status_code: int
    """HTTP status of the result: 200, 422, 499, 500, 503, 504."""
    body: bytes
    """JSON. Success: the output with file keys in place of URLs. Otherwise: the `detail` (a string or a list)."""
    error: str | None = None
    """What the status says under `error`; None on success."""
    error_type: str | None = None
    billable_units: float = 0.0
    """Nominal seconds of output; 0 when it failed."""
    inference_s: float | None = None
    output_keys: tuple[str, ...] = ()
    """Keys of its files in the file store, so that retention finds them."""


class NewRequest(NamedTuple):
    """A request on its way into the store. A tuple, since every submit makes one."""

    id: str
    account_id: str
    endpoint_id: str
    pool: str
    """Requests of one pool wait in one line for the same runners."""
    arguments: bytes
    """The body as it came, JSON."""
    public_base: str
    """Base of file URLs handed out for it, without trailing slash."""
    queue_base: str
    """Base of its status, result and cancel URLs."""
    priority: Priority = Priority.NORMAL
    start_timeout_s: float | None = None
    """From the caller: it must have started this long after it was accepted."""
    max_attempts: int = 3
    is_sync: bool = False
    """Came by the synchronous door."""
    idempotency_key: str | None = None
    webhook_url: str | None = None
    """Where its end is told, byte for byte as the caller wrote it."""
    keeps_payloads: bool = True
    """False: its arguments and its result are no part of the history."""
    key_id: str | None = None
    """Of the key that it was submitted with."""
    unit_price: float | None = None
    """List price of one unit with these arguments; None where nobody has said."""
    lifecycle: str | None = None
    """JSON: how long its files live and who may read them; None for as long as the settings say, and everybody."""
    queue_length_max: int | None = None
    """From the caller: refuse when more than this wait for the endpoint."""
    verdict: Outcome | None = None
    """Already decided (invalid arguments): stored as finished, never queued."""


class Accepted(NamedTuple):
    """The answer of a submit, given only after the row is on stable storage."""

    request_id: str
    position: int
    is_new: bool
    """False when the idempotency key named an earlier request, whose id this is."""


class Request(NamedTuple):
    """
    A stored request, without its payloads.

    A tuple, since every poll makes one, in the order of the columns that the store selects.
    """

    id: str
    seq: int
    account_id: str
    endpoint_id: str
    pool: str
    state: State
    priority: Priority
    public_base: str
    queue_base: str
    is_sync: bool
    attempt: int
    """Starts so far."""
    max_attempts: int
    cancel_requested: bool
    created: float
    started: float | None
    finished: float | None
    start_deadline: float | None
    status_code: int | None
    error: str | None
    error_type: str | None
    billable_units: float
    inference_s: float | None
    last_event: int
    """Number of its newest event; 0 when it has none."""
    position: int | None = None
    """Requests of its pool that go before it; None when it does not wait, or was read in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One attempt, leased to one runner."""

    request_id: str
    account_id: str
    endpoint_id: str
    pool: str
    attempt: int
    token: str
    """Every write of this attempt carries it; a newer attempt makes it worthless."""
    arguments: bytes
    created: float
    lease_until: float
    lifecycle: str | None = None
    """JSON: how long its files live and who may read them, as its caller wished."""
    keeps_payloads: bool = True
    """False where nothing of what goes in and comes out is to stay, in a log for instance."""


class CancelAnswer(Enum):
    """What a cancel found."""

    REMOVED = "removed"
    """It was waiting; it will never start."""
    REQUESTED = "requested"
    """It is running; the engine is told to stop."""
    ALREADY_COMPLETED = "already completed"
    NOT_FOUND = "not found"


class Fence(Enum):
    """What became of a write that carried an attempt token."""

    OK = "ok"
    CANCEL = "cancel"
    """Written; and the caller wants this attempt to stop."""
    FENCED = "fenced"
    """Refused: the attempt is over for the store. Stop and drop everything."""


@dataclass(frozen=True, slots=True)
class NewLog:
    """A log line on its way into the store."""

    message: str
    level: str
    ts: float


@dataclass(frozen=True, slots=True)
class StoredLog:
    """A log line of a request; `n` counts from 1 without gaps."""

    n: int
    attempt: int
    message: str
    level: str
    ts: float


@dataclass(frozen=True, slots=True)
class Moved:
    """A request that the store itself moved, and where to."""

    request_id: str
    endpoint_id: str
    pool: str
    state: State
    has_webhook: bool = False
    """It ended, and somebody is to be told."""


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """The files that a finished request left in the file store."""

    request_id: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PoolStats:
    """What waits and runs in a pool."""

    pool: str
    queued: int
    running: int
    oldest_created: float | None
