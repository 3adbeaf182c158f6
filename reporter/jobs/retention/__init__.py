"""Which bundles stay: by age, by count, on hold, or because something refers to them. What goes leaves its seal."""

from reporter.jobs.retention.choosing import Choice, Rules
from reporter.jobs.retention.holds import prepare_hold
from reporter.jobs.retention.pruning import Pruned, choose_bundles, prune

__all__ = ["Choice", "Pruned", "Rules", "choose_bundles", "prepare_hold", "prune"]
