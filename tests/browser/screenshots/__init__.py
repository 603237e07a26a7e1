"""Every screen in every state, as pictures to lay beside the design: what `make screenshots` takes."""
