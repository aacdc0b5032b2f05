"""What answers on a line: a module with its bootloader, or a meter. Reads only, writes nothing but what its caller asks for."""
