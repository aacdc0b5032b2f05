"""One serial line for a tool at a bench: find the ports, open one, ask and hear. The only room that knows pyserial."""
