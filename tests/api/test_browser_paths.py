"""What browser SDKs ask before they send."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize(
    ("prefix", "name"), [("", "Segment.io"), ("/customerio", "Customer.io Data Pipelines")]
)
def test_settings_point_back_at_this_host_with_the_key(client, prefix, name):
    settings = client.get(f"{prefix}/v1/projects/web-key/settings").json()
    assert settings["integrations"] == {
        name: {"apiKey": "web-key", "apiHost": "regard.example/v1", "protocol": "http"}
    }
    assert settings["metrics"] == {"sampleRate": 0}


def test_the_standalone_bundle_carries_the_key(client):
    reply = client.get("/analytics.js/v1/web-key/analytics.min.js")
    assert reply.text == "var key = 'web-key';"
    assert reply.headers["content-type"].startswith("text/javascript")
    assert client.get("/analytics-next/bundles/407.bundle.js").text == "chunk"


@pytest.mark.parametrize("name", ["missing.js", "..%2f..%2fpackage.js", "standalone.js.map"])
def test_what_is_not_a_bundle_is_404_and_says_what_to_do(client, name):
    reply = client.get(f"/analytics-next/bundles/{name}")
    assert reply.status_code == 404


def test_an_uninstalled_sdk_is_404_with_the_way_out(client, assets):
    (assets / "@segment/analytics-next/dist/umd/standalone.js").unlink()
    reply = client.get("/analytics.js/v1/web-key/analytics.min.js")
    assert (reply.status_code, reply.json()["code"]) == (404, "no_sdk_assets")
    assert "npm package" in reply.json()["message"]


def test_rudderstacks_source_config_has_what_its_sdk_checks(client):
    source = client.get("/sourceConfig/?writeKey=web-key&v=3").json()["source"]
    assert source["id"] == "website"
    assert source["enabled"] is True
    assert source["destinations"] == []
    assert source["config"]["statsCollection"]["errors"] == {"enabled": False}


def test_posthog_has_no_flags_and_a_configuration(client):
    flags = client.post("/flags/?v=2", json={"token": "web-key"}).json()
    assert (flags["flags"], flags["errorsWhileComputingFlags"]) == ({}, False)
    config = client.get("/array/web-key/config").json()
    assert config["token"] == "web-key"
    script = client.get("/array/web-key/config.js").text
    assert script.startswith("window._POSTHOG_REMOTE_CONFIG=")
    held = json.loads(script.split('["web-key"]=')[1].removesuffix(";"))
    assert held == {"config": config, "siteApps": []}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/projects/x/settings",
        "/analytics.js/v1/x/analytics.min.js",
        "/sourceConfig/",
        "/array/x/config",
    ],
)
def test_unknown_keys_get_no_settings(client, path):
    assert client.get(path).status_code == 401
