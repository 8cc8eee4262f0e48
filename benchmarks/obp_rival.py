"""obp's own estimators on the Open Bandit sample, run in an environment of its own, as JSON.

Writes the very log and the rewards that its model expects to a file, so that ours are computed from
the same numbers. Used as its quick start shows: Bernoulli Thompson sampling judged on the log of
the random policy, and the random policy on the log of Bernoulli Thompson sampling.
"""

from __future__ import annotations

import json
import logging
import sys

import numpy as np
from obp.dataset import OpenBanditDataset
from obp.ope import DoublyRobust, RegressionModel, SelfNormalizedInverseProbabilityWeighting
from obp.policy import BernoulliTS
from sklearn.linear_model import LogisticRegression

logging.disable(logging.INFO)


def main(arguments: list[str]) -> None:
    """Read log (random or bts), campaign and the file to write; print one line of JSON."""
    behaviour, campaign, path = arguments
    dataset = OpenBanditDataset(behavior_policy=behaviour, campaign=campaign)
    log = dataset.obtain_batch_bandit_feedback()
    chances = np.repeat(_chances(behaviour, campaign, dataset), log["n_rounds"], axis=0)
    model = RegressionModel(
        n_actions=dataset.n_actions,
        len_list=dataset.len_list,
        action_context=dataset.action_context,
        base_model=LogisticRegression(C=100, max_iter=500),
    )
    expected = model.fit_predict(
        context=log["context"],
        action=log["action"],
        reward=log["reward"],
        pscore=log["pscore"],
        position=log["position"],
        n_folds=3,
        random_state=7,
    )
    seen = {
        "reward": log["reward"],
        "action": log["action"],
        "position": log["position"],
        "pscore": log["pscore"],
        "action_dist": chances,
    }
    told = {
        "snips": SelfNormalizedInverseProbabilityWeighting().estimate_policy_value(**seen),
        "doubly_robust": DoublyRobust().estimate_policy_value(
            **seen, estimated_rewards_by_reg_model=expected
        ),
    }
    np.savez(
        path,
        reward=log["reward"],
        action=log["action"],
        position=log["position"],
        pscore=log["pscore"],
        chances=chances[0],
        expected=expected.astype(np.float64),
    )
    print(json.dumps({name: float(value) for name, value in told.items()}))


def _chances(behaviour: str, campaign: str, dataset: OpenBanditDataset) -> np.ndarray:
    """Return the chances of the other policy, which looks at no context: one round is like all."""
    if behaviour == "bts":
        return np.full((1, dataset.n_actions, dataset.len_list), 1 / dataset.n_actions)
    policy = BernoulliTS(
        n_actions=dataset.n_actions,
        len_list=dataset.len_list,
        random_state=7,
        is_zozotown_prior=True,
        campaign=campaign,
    )
    return policy.compute_batch_action_dist(n_sim=100_000, n_rounds=1)


if __name__ == "__main__":
    main(sys.argv[1:])
