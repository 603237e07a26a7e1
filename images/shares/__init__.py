"""Public pages of single pictures, which their owners create and revoke."""
