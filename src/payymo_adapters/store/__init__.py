"""The ledger of decisions: what came, what was decided and why, what was applied."""
