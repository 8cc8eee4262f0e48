"""A one-off to many: each person whom a rollout reaches is offered it once, through the one gate."""
