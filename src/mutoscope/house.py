"""The rooms that doors lead to: what every surface gets beside its HTTP request."""

from dataclasses import dataclass

from mutoscope.accounts.keys import Keys
from mutoscope.accounts.permits import Permits
from mutoscope.accounts.signer import Signer
from mutoscope.accounts.webhook_keys import WebhookKeys
from mutoscope.catalog.load import Catalog
from mutoscope.files.base import FileStore
from mutoscope.files.records import FileRecords
from mutoscope.queue.history import History
from mutoscope.queue.outbox import Outbox
from mutoscope.queue.store import RequestStore
from mutoscope.runs import Runs
from mutoscope.service import Service
from mutoscope.settings import Settings
from mutoscope.telemetry import Metrics
from mutoscope.uploads import Uploads


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """
    One application, room by room; the composition root fills it.

    A surface does things to requests through `service` and `runs` only. `store` is there for the operator, who may see
    every account's.
    """

    settings: Settings
    service: Service
    """Submit, status, watch, result, cancel."""
    runs: Runs
    """Submit and wait."""
    catalog: Catalog
    keys: Keys
    signer: Signer
    """Of what is handed out and comes back."""
    permits: Permits
    """What is handed out and acts for a key."""
    uploads: Uploads
    files: FileStore
    """The bytes."""
    records: FileRecords
    """Who may read them, and for how long."""
    store: RequestStore
    history: History
    outbox: Outbox
    """Webhooks, waiting and told."""
    webhook_keys: WebhookKeys
    metrics: Metrics
