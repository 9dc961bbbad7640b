"""Finished runs of a tuning that is under way, safe from a kill: an SQLite file that all workers write to."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rnn_vs_transformer import paths
from rnn_vs_transformer.files import fingerprint

PATIENCE_SECONDS: Final = 60
PACKAGE: Final = Path(__file__).resolve().parents[1]
TRAINED_BY: Final = ("data", "models", "params", "training", "tuning")
"""Parts of the code that decide what a run gives."""


@dataclass(frozen=True)
class Store:
    """Runs by name; each is written whole or not at all."""

    path: Path

    def get(self, name: str) -> dict[str, Any] | None:
        """A finished run, or None."""
        with closing(self._open()) as connection:
            row = connection.execute("SELECT content FROM runs WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep a finished run."""
        with closing(self._open()) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", (name, json.dumps(content)))

    def count(self) -> int:
        """Runs that are kept."""
        with closing(self._open()) as connection:
            return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])

    def remove(self) -> None:
        """Forget all, once the tuning is done."""
        self.path.unlink(missing_ok=True)

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=PATIENCE_SECONDS)
        connection.execute("CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, content TEXT NOT NULL)")
        return connection


def store_for(family: str, told: Mapping[str, Any]) -> Store:
    """The store of exactly this tuning: another setting, series or code gets another.

    Args:
        family: `rnn` or `transformer`.
        told: All settings that the tuning depends on, as JSON.
    """
    code = [fingerprint(file) for part in TRAINED_BY for file in sorted((PACKAGE / part).glob("*.py"))]
    whole = {**told, "code": code, "data": [fingerprint(paths.DEVELOPMENT), fingerprint(paths.META)]}
    key = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:12]
    return Store(paths.unfinished_tuning(family, key))
