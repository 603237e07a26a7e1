"""The pages about images: the landing page, prices, overview, composer, gallery."""
