"""Development tools: `make run`, `make demo`, first data, the mailbox and the generated pictures in `static/`."""
