"""The worker: claims, attempts, leases, retries and reconciliation."""
