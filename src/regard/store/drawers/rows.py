"""Rows of SQLite tables to records and back; the only place that knows column orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from regard.core.clock import from_us, to_us
from regard.core.codec import decode_body, encode_body
from regard.core.event import Identifier, IdentityAct
from regard.core.facts import Decided, Entry
from regard.core.graph import Cluster, Edge, Node, Ruling
from regard.core.rows import MessageRow
from regard.store.labels import folded

_decided = msgspec.json.Decoder(Decided)
_cluster = msgspec.json.Decoder(Cluster)
_act = msgspec.json.Decoder(IdentityAct)

Row = Sequence[Any]


def entry_of(row: Row) -> Entry:
    """Return the entry of (offset, identity, at, received, cause, part, body)."""
    return Entry(
        offset=row[0],
        identity=row[1],
        at=from_us(row[2]),
        received_at=from_us(row[3]),
        cause=row[4],
        part=row[5],
        body=decode_body(row[6]),
    )


def row_of(entry: Entry) -> Row:
    """Return (offset, identity, at, received, cause, part, body) of an entry."""
    return (
        entry.offset,
        entry.identity,
        to_us(entry.at),
        to_us(entry.received_at),
        entry.cause,
        entry.part,
        encode_body(entry.body),
    )


def node_of(row: Row) -> Node:
    """Return the node of (identity, kind, value, person, first, offset, shared, origin)."""
    return Node(
        identity=row[0],
        identifier=Identifier(row[1], row[2]),
        person_id=row[3],
        first_at=from_us(row[4]),
        offset=row[5],
        shared=row[6],
        origin=row[7],
    )


def edge_of(row: Row) -> Edge:
    """Return the edge of (low, high, at, offset, source, rule, refused, told)."""
    return Edge(
        left=row[0],
        right=row[1],
        at=from_us(row[2]),
        offset=row[3],
        source=row[4],
        rule=row[5],
        refused=row[6],
        is_told=bool(row[7]),
    )


def node_row(node: Node) -> Row:
    """Return (identity, kind, value, folded, person, first, offset, shared, origin) of a node."""
    return (
        node.identity,
        node.identifier.kind,
        node.identifier.value,
        folded(node.identifier.value),
        node.person_id,
        to_us(node.first_at),
        node.offset,
        node.shared,
        node.origin,
    )


def edge_row(e: Edge) -> Row:
    """Return (low, high, at, offset, source, rule, refused, told) of an edge."""
    return (e.left, e.right, to_us(e.at), e.offset, e.source, e.rule, e.refused, e.is_told)


def ruling_of(row: Row) -> Ruling:
    """Return the ruling of (offset, at, body)."""
    return Ruling(act=_act.decode(row[2]), at=from_us(row[1]), offset=row[0])


def cluster_of(data: bytes) -> Cluster:
    """Return the cluster of its bytes."""
    return _cluster.decode(data)


def message_of(row: Row, person_id: str, label: str) -> MessageRow:
    """Return the message of the fifteen columns with which the message statements begin."""
    decided = _decided.decode(row[14])
    candidate = decided.candidate
    return MessageRow(
        message_id=row[0],
        identity=row[1],
        at=from_us(row[2]),
        person_id=person_id,
        label=label,
        engagement=candidate.engagement,
        channel=decided.channel,
        address=decided.address,
        message_class=decided.message_class,
        purpose=decided.purpose,
        state=row[3],
        attempt=row[4],
        reason=row[5],
        decided_at=from_us(row[6]),
        state_at=from_us(row[7]),
        not_before=from_us(row[8]),
        decision=decided,
        number=row[9],
        tries=row[10],
        crashes=row[11],
        unknowns=row[12],
        token=row[13],
    )
