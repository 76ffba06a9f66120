"""Keeps a task alive from a thread of its own, and remembers what it was told."""
import threading

import grpc

from story import expect

LIMIT = 15


class Lifeline:
    """Held from 'with' on. Leaving it early, also by an error, breaks it: the task is then lost after the grace period."""

    def __init__(self, broker, task_id):
        self._stream = broker.hold_task(task_id)
        self._held = threading.Event()
        self._events = []
        self._failure = None
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self):
        self._thread.start()
        expect(self._held.wait(LIMIT) and self._failure is None, f"the lifeline does not hold: {self._failure}")
        return self

    def __exit__(self, *_):
        self._stream.cancel()
        self._thread.join()

    def expect_ended(self, lease_id):
        """The stream ends by itself after the task has ended, and has told of the lease before."""
        self._thread.join(LIMIT)
        expect(not self._thread.is_alive(), "the lifeline is still open after its task has ended")
        expect(self._failure is None, f"the lifeline broke: {self._failure}")
        expect(any(event.lease_ended.lease_id == lease_id for event in self._events), "the lifeline did not tell of the lease's end")
        expect(self._events[-1].WhichOneof("event") == "task_ended", "the lifeline did not tell of the task's end")

    def _listen(self):
        try:
            for event in self._stream:
                self._events.append(event)
                self._held.set()
        except grpc.RpcError as failure:
            self._failure = failure.code().name
        finally:
            self._held.set()
