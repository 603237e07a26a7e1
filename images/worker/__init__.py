"""The worker: claiming jobs, running attempts, leases, retries and reconciliation."""
