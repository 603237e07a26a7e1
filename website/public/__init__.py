"""Pages and files that need no account: landing page, pricing, image links and the Stripe webhook."""
