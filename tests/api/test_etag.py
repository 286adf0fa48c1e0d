"""If-Match and ETag."""

import pytest
from starlette.requests import Request

from api.etag import etag, if_match
from models.errors import InvalidRequest, PreconditionFailed


def request(*values: str) -> Request:
    headers = [(b"if-match", value.encode()) for value in values]
    return Request({"type": "http", "headers": headers})


def test_what_etag_writes_if_match_reads():
    assert etag(7) == '"7"'
    assert if_match(request('"7"')) == 7
    assert if_match(request(' "7" ')) == 7
    assert if_match(request("*")) is None
    assert if_match(request()) is None


@pytest.mark.parametrize("value", ["7", 'W/"7"', '"x"', '""', '"-1"', '"1e3"', f'"{"9" * 30}"', ""])
def test_what_matches_no_revision(value):
    with pytest.raises(PreconditionFailed):
        if_match(request(value))


@pytest.mark.parametrize("values", [('"1", "2"',), ('"1"', '"2"')])
def test_one_etag_only(values):
    with pytest.raises(InvalidRequest) as refused:
        if_match(request(*values))
    assert "header.if-match" in str(refused.value.details)
