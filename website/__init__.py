"""Everything people see: public pages, documentation, the dashboard and live updates."""
