"""Finished runs of a tuning that is under way, safe from a kill: an SQLite file that all workers write to."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.training.identity import run_identity

PATIENCE_SECONDS: Final = 60


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
    return Store(paths.unfinished_tuning(family, run_identity(told)[:12]))
