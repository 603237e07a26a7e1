"""Running the whole service on one machine: `make run`, `make demo`, first data and the development mailbox."""
