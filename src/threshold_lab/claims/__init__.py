"""The sentences of the question that can be tested: an experiment each, and a verdict that stays in the store."""
