"""Purchases of packs: checkout, payment gateways, webhook events and reconciliation.

Every source of payment updates (webhook, return page, reconciliation) calls `purchase_sync.sync`, which fetches the
current payment from the gateway and brings the purchase and the ledger to its state.
"""
