"""A person at the API who notes down every answer, while the API is killed."""

import threading
from uuid import uuid4

import httpx
import msgspec

from tests.stream.server import Api

_TIMEOUT_S = 10.0


class Answer(msgspec.Struct):
    """What a write was answered; `application` is empty where no answer came."""

    key: str
    number: int
    application: str = ""
    status: str = ""
    note: str = ""


class Person(threading.Thread):
    """Creates applications and moves them on, until told to stop or cut off."""

    def __init__(self, api: Api, user: str) -> None:
        super().__init__(name=user)
        self._api = api
        self._user = user
        self._ended = threading.Event()
        self._failure: AssertionError | None = None
        self.answers: list[Answer] = []
        self.cut_off = 0
        """Writes whose answer never came."""

    def run(self) -> None:
        with self._client() as client:
            while not self._ended.is_set():
                answer = Answer(key=str(uuid4()), number=len(self.answers))
                self.answers.append(answer)
                try:
                    self.create(client, answer)
                    self._move(client, answer)
                    self._note(client, answer)
                except httpx.TransportError:
                    self.cut_off += 1
                    return
                except AssertionError as failure:
                    self._failure = failure
                    return

    def stop(self) -> None:
        """No more writes."""
        self._ended.set()
        self.join()

    def create(self, client: httpx.Client, answer: Answer) -> None:
        """Create the application of this answer; the same key again is the same request."""
        body = {"jobId": f"job-{answer.number}", "jobTitle": "Engineer", "company": "Acme"}
        response = client.post(
            "/api/applications", json=body, headers={"Idempotency-Key": answer.key}
        )
        assert response.status_code == 201, response.text
        told = response.json()
        assert answer.application in {"", told["id"]}, "one key, two applications"
        answer.application = told["id"]
        answer.status = answer.status or told["status"]

    def check(self) -> None:
        """Every answer still holds; requests that were cut off can be made again."""
        if self._failure is not None:
            raise self._failure
        with self._client() as client:
            for answer in self.answers:
                self.create(client, answer)
                told = client.get(f"/api/applications/{answer.application}")
                assert told.status_code == 200, told.text
                reached = told.json()["status"]
                assert reached == answer.status or (
                    answer is self.answers[-1] and reached == "shortlisted"
                ), f"{answer} has become {reached}"
                notes = client.get(f"/api/applications/{answer.application}/notes").json()
                ids = [note["id"] for note in notes["items"]]
                assert ids == [answer.note] or (
                    answer is self.answers[-1] and not answer.note and len(ids) <= 1
                ), f"{answer} has the notes {ids}"
            total = client.get("/api/applications", params={"limit": 1}).json()["total"]
        assert total == len({answer.application for answer in self.answers})

    def _move(self, client: httpx.Client, answer: Answer) -> None:
        path = f"/api/applications/{answer.application}/status"
        response = client.put(path, json={"status": "shortlisted"})
        assert response.status_code == 200, response.text
        answer.status = "shortlisted"

    def _note(self, client: httpx.Client, answer: Answer) -> None:
        path = f"/api/applications/{answer.application}/notes"
        response = client.post(path, json={"content": "They called."})
        assert response.status_code == 201, response.text
        answer.note = response.json()["id"]

    def _client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self._api.url(""),
            headers=self._api.bearer(self._user),
            timeout=_TIMEOUT_S,
        )
