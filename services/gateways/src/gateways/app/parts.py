"""What every lane of this process works with; joined in `gateways.bootstrap`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import httpx

from gateways.adapters.keys import Keys
from gateways.domain.port import Connector
from gateways.domain.retry import RetryPlan
from qontable.storage import Storage
from qontable.unit import Units


@dataclass(frozen=True, slots=True)
class Parts:
    """`clients` has one HTTP client per connector; `least_lease` is the shortest lease ever taken. `links_url` is where
    software finds the documents that it fetches by itself; empty where no connector's software does."""

    units: Units
    storage: Storage
    ring: Keys = field(repr=False)
    connectors: Mapping[str, Connector]
    clients: Mapping[str, httpx.AsyncClient]
    plan: RetryPlan
    least_lease: timedelta
    links_url: str = ""
