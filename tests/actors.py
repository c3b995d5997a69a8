"""Who acts in tests."""

from open311.model.access.actor import ALL_RIGHTS, Actor, ActorKind

# An employee at the command line, who may do everything.
CLARA = Actor(ActorKind.CLI, "clara", ALL_RIGHTS)
