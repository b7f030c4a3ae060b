"""The folder of a bundle -> what answers; another bundle there answers from then on, without a request dropped."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

from ontime.core.model.climatology import Climatology
from ontime.errors import OntimeError
from ontime.io.bundle_files import FALLBACK, LIST, read_bundle
from ontime.io.formats import read_record
from ontime.service.live import Live

log = logging.getLogger(__name__)

KeepInputs = Callable[[str, Mapping[str, Any]], None]

EVERY = 1.0  # seconds between two looks


class BundleWatch:
    """Looks at a folder and the kill switch, a file that is there or not, and serves what is there.

    A bundle that is broken, or half copied, is not served: the one before it goes on. problem: what is wrong with the
    bundle in the folder, '' where it answers.
    """

    def __init__(self, folder: Path, switch: Path, live: Live, keep_inputs: KeepInputs) -> None:
        """keep_inputs: is given the version and the signature of every bundle before it answers."""
        self.folder, self.switch, self.problem = folder, switch, ""
        self._live, self._keep_inputs = live, keep_inputs
        self._looked_at: str | None = None
        self._end, self._lock = Event(), Lock()
        self._thread = Thread(target=self._run, name="bundle", daemon=True)

    def start(self) -> None:
        """Look once, then go on looking."""
        self.look()
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._end.set()
        self._thread.join()

    def look(self) -> None:
        """Serve what is there, if it is another than before."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        self._live.climatology_only = self.switch.exists()
        state = self._state()
        if state == self._looked_at and not self.problem:
            return
        try:
            bundle = read_bundle(self.folder)
            self._keep_inputs(bundle.version, bundle.model.signature())
            self._live.serve(bundle)
        except OntimeError as error:
            self._refuse(str(error))
        else:
            self.problem = ""
            log.info("bundle %s answers", bundle.version)
        self._looked_at = state

    def switch_to(self, *, climatology_only: bool) -> None:
        """Turn the kill switch on or off."""
        if climatology_only:
            self.switch.touch()
        else:
            self.switch.unlink(missing_ok=True)
        self.look()

    def _run(self) -> None:
        while not self._end.wait(EVERY):
            try:
                self.look()
            except Exception:
                log.exception("the bundle's folder could not be looked at")

    def _state(self) -> str:
        """The list of the bundle's parts as it stands."""
        try:
            return (self.folder / LIST).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def _refuse(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("%s", problem)
        self.problem = problem
        if not self._live.answering.version:
            with suppress(OntimeError):  # there is none, or none of this dataset: what was there before goes on
                self._live.serve_fallback(read_record(Climatology, self.folder / FALLBACK))
