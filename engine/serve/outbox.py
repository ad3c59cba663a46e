"""Write an engine's events to its pipe in a separate thread."""

import threading
from dataclasses import replace
from multiprocessing.connection import Connection

from engine.messages import Event, Progress
from engine.run.frames import Pictured


class Outbox:
    """A queue of events. Its thread encodes their pictures and writes them in order.

    A :class:`Progress` that waits is replaced by the run's next one, which takes over its picture. So a slow reader
    costs neither memory nor engine time. Nothing else is ever dropped.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._events: list[Event | Pictured] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="engine-outbox", daemon=True)
        self._thread.start()

    def send(self, event: Event | Pictured) -> None:
        """Queue ``event``."""
        with self._changed:
            self._events.append(self._supersede(event))
            self._changed.notify()

    def _supersede(self, newest: Event | Pictured) -> Event | Pictured:
        """Return what to queue for ``newest`` after removing the progress of the same run that still waits."""
        progress = _progress(newest)
        if progress is None:
            return newest
        held = ((event, _progress(event)) for event in self._events)
        waiting = next((event for event, other in held if other and other.job_id == progress.job_id), None)
        if waiting is None:
            return newest
        self._events.remove(waiting)
        return replace(waiting, event=progress) if isinstance(waiting, Pictured) and newest is progress else newest

    def close(self, timeout: float = 5.0) -> None:
        """Write what waits, for at most ``timeout`` seconds."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout)

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._events or self._closed)
                if not self._events:
                    return
                event = self._events.pop(0)
            try:
                self._connection.send(event.complete() if isinstance(event, Pictured) else event)
            except OSError:  # the parent is gone; the inbox ends the process
                return


def _progress(event: Event | Pictured) -> Progress | None:
    inner = event.event if isinstance(event, Pictured) else event
    return inner if isinstance(inner, Progress) else None
