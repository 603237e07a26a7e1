"""Payments for packs: beginning one, hearing what became of it, and making good what nobody told.

Whatever tells of a payment (webhook, return page, reconciliation) leads to one function, settlement.settle, which asks
the gateway for the payment's present state and brings the purchase and the ledger to it.
"""
