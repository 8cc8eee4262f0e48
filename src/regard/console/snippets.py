"""How the usual clients are pointed at this Regard; ``WRITE_KEY`` stands for the source's key.

The address of this server in, copyable code out. The forms follow what unmodified SDKs accept.
"""

from __future__ import annotations

from regard.console.views import Snippet

_CURL = """\
curl {url}/v1/track -u WRITE_KEY: \\
  -H 'content-type: application/json' \\
  -d '{{"userId": "ada", "event": "Signed Up", "messageId": "first-1"}}'"""
_PYTHON = """\
from segment.analytics import Client

client = Client("WRITE_KEY", host="{url}")
client.track("ada", "Signed Up", {{"plan": "free"}})
client.flush()"""
_NODE = """\
import {{ Analytics }} from '@segment/analytics-node'

const analytics = new Analytics({{ writeKey: 'WRITE_KEY', host: '{url}' }})
analytics.track({{ userId: 'ada', event: 'Signed Up' }})"""
_BROWSER = """\
import {{ AnalyticsBrowser }} from '@segment/analytics-next'

const analytics = AnalyticsBrowser.load({{ writeKey: 'WRITE_KEY', cdnURL: '{url}' }})
analytics.page()"""


def snippets(base_url: str) -> tuple[Snippet, ...]:
    """Return one snippet per kind of client."""
    forms = (("curl", _CURL), ("Python", _PYTHON), ("Node", _NODE), ("Browser", _BROWSER))
    return tuple(Snippet(name=name, code=code.format(url=base_url)) for name, code in forms)
